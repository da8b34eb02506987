"""How things look in HAL.

Each module says how one thing looks (`one`), how its list begins (`listing`),
and under which relation (`RELATION`) and profile it is known.
"""
