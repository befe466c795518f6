"""Names the wheel after the platform: it holds a program, and works with every Python 3."""
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformTag(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data['pure_python'] = False
        build_data['tag'] = 'py3-none-linux_x86_64'
