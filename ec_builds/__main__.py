"""python -m ec_builds is ec-builds."""

from ec_builds.cli import main

main()
