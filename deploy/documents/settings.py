"""`docs/settings.md`: every setting of a process."""

from pathlib import Path

from pydantic.fields import FieldInfo

from deploy.documents.markdown import both, code, page, table
from deploy.documents.words import SETTINGS
from services.chassis.settings import Settings


def settings_page() -> str:
    """Variable, default and meaning of every field of `Settings`."""
    prefix = Settings.model_config["env_prefix"]
    rows = [
        (code(f"{prefix}{name}".upper()), code(_default(field)), both(SETTINGS.get(name, ""), field.description or ""))
        for name, field in Settings.model_fields.items()
    ]
    return page(
        "设置 · Settings",
        "每一项设置都是一个环境变量，进程启动时读取一次；没有配置文件。",
        "Every setting is an environment variable, read once when a process starts; there is no configuration file. "
        "As in `YISHI_PORT=8080 make up`.",
        table(("变量 variable", "默认值 default", "说明 what it says"), rows),
    )


def _default(field: FieldInfo) -> str:
    match field.get_default(call_default_factory=True, validated_data={}):
        case None:
            return ""
        case bool(value):
            return str(value).lower()
        case Path() as path:
            return path.as_posix()
        case value:
            return str(value)
