"""What runs builds and deployments, and what is around them."""

from pathlib import Path

from ec_builds.engine.context import Tools
from ec_builds.engine.executors.inline import InlineExecutor, NoExecutor
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.housekeeping import Housekeeper
from ec_builds.engine.leftovers import Leftovers
from ec_builds.engine.reconciler import Reconciler
from ec_builds.engine.runner import Runner
from ec_builds.engine.sandbox import Limits, choose
from ec_builds.engine.sender import Sender
from ec_builds.engine.workers import Workers
from ec_builds.network import Network
from ec_builds.oci import ImageError, Logins, Region, Registry
from ec_builds.plugins.builders.contract import ImageSettings
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.runtime.ground import make_workspaces, server_folders

#: The way to the registries of the regions, which are the operator's own.
TRUSTED = Network(private="allow")
#: Seconds for a registry that is only asked whether it is there.
GREETING = 10


def make_executor(config, tools, writer=None):
    if config.executor == "none":
        return NoExecutor()
    workers, workspaces = Workers(config.home / "workers"), make_workspaces(config)
    runner = Runner(tools, workspaces, config.build_timeout)
    reconciler = Reconciler(tools.storage, workers, workspaces, tools.metrics)
    sender = writer and Sender(tools.network, writer)
    if config.executor == "inline":
        return InlineExecutor(runner, reconciler, sender)
    leftovers = Leftovers(regions(config), logins(config), TRUSTED)
    housekeeper = Housekeeper(tools.storage, config.artifact_limit, leftovers)
    return ThreadExecutor(
        runner, reconciler, config.concurrency, grace=config.grace, housekeeper=housekeeper,
        sender=sender,
    )


def make_tools(config, plugins, storage, sandbox, metrics):
    return Tools(
        plugins=plugins,
        storage=storage,
        network=way_out(config),
        sandbox=sandbox,
        cache=config.home / "cache",
        deploy_folder=config.deploy_folder and str(Path(config.deploy_folder).absolute()),
        metrics=metrics,
        drivers=driver_settings(config),
        images=image_settings(config),
        # inline, a run holds SQLite's only writer from its first stage to its last
        live_logs=config.executor != "inline",
    )


def driver_settings(config):
    """What drivers of manifests are told."""
    return Settings(
        enabled=config.drivers,
        images=Path(config.qemu_images).absolute(),
        cpus=config.qemu_cpus,
        limits=make_limits(config),
        network=config.container_network,
    )


def regions(config):
    """The regions to whose registries images are pushed."""
    return tuple(Region.read(name, address) for name, address in config.registries)


def logins(config):
    """Gives the login for the registry of a region by its host."""
    return Logins(config.registry_logins).find


def greet_registries(config):
    """For each region its name, its host, and what is wrong with its registry, or None."""
    find = logins(config)
    for region in regions(config):
        try:
            registry = Registry.at(TRUSTED, region, find(region.host))
            registry.limited(GREETING).enter()
        except ImageError as error:
            yield region.name, region.host, str(error)
        else:
            yield region.name, region.host, None


def way_out(config):
    """The way to whatever users name."""
    return Network(private=config.private_network, git_protocols=config.git_protocols)


def image_settings(config):
    """What those are told who build images."""
    return ImageSettings(config.image_builder, regions(config), logins(config), TRUSTED)


def make_sandbox(config):
    """What commands are fenced in with on this machine; it is tried out."""
    return choose(
        config.sandbox,
        let_through=config.build_environment,
        hidden=server_folders(config),
        limits=make_limits(config),
    )


def make_limits(config):
    return Limits(
        output=config.limit_output,
        workspace=config.limit_workspace,
        memory=config.limit_memory,
        processes=config.limit_processes,
        file=config.limit_file,
    )
