"""A class of settings, read from the variables that its prefix and fields name."""

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from resources.errors import SettingsError

Read = TypeVar("Read", bound=BaseSettings)


def read(kind: type[Read]) -> Read:
    """Read its variables from the environment.

    Raises
    ------
    SettingsError
        Naming each variable, the value received and what was expected.
    """
    prefix = kind.model_config["env_prefix"]
    try:
        return kind()
    except ValidationError as error:
        sentences = [_sentence(prefix, item) for item in error.errors()]
        raise SettingsError("\n".join(sentences)) from error


def _sentence(prefix: str, item: ErrorDetails) -> str:
    if not item["loc"]:
        # What does not go together; its input would be every setting, secrets too.
        return item["msg"].removeprefix("Value error, ")
    name = prefix + "_".join(str(part) for part in item["loc"]).upper()
    return f"{name}: {item['msg']}, got {str(item['input'])!r}"
