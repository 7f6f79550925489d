import pytest
import typer
from sqlalchemy.exc import OperationalError

from handlers.commands.exit_status import CommandFailed, WrongUsage, told_plainly
from service.store.opened import DatabaseAway
from service.wrong_settings import SettingsError

ENDS = [
    (SettingsError("PORT is wrong"), 2, "PORT is wrong"),
    (WrongUsage("which?"), 2, "which?"),
    (CommandFailed("it did not"), 1, "it did not"),
    (DatabaseAway("no database"), 1, "no database"),
    (OperationalError("SELECT 1", None, Exception("gone")), 1, "DATABASE_URL: the database failed: gone"),
    (PermissionError(13, "Permission denied", "x.db"), 1, "x.db: Permission denied"),
    (OSError(28, "No space left on device"), 1, "writing or reading failed: No space left on device"),
    (KeyboardInterrupt(), 130, ""),
    (ZeroDivisionError("x"), 1, "that is a fault of its own: ZeroDivisionError('x')"),
    (ValueError("amqp://u:hush@h"), 1, "amqp://u:[removed]@h"),
]


@pytest.mark.parametrize(("error", "status", "said"), ENDS, ids=lambda value: type(value).__name__)
def test_whatever_goes_wrong_ends_with_a_sentence_and_a_status(
    capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    """Without a traceback, and without the password of a URL."""
    with pytest.raises(typer.Exit) as ended, told_plainly():
        raise error
    told = capsys.readouterr().err
    assert ended.value.exit_code == status
    assert said in told
    assert ("Traceback" in told, "hush" in told) == (False, False)
