"""What people are told when something does not go, in Chinese: each sentence as it stands where it is said."""

from collections.abc import Mapping
from types import MappingProxyType

from service.told_chinese_by_commands import BY_COMMANDS

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        **BY_COMMANDS,
        # The database and its keys.
        "DATABASE_URL: the database cannot be used just now: {said}": "DATABASE_URL：数据库暂时无法使用：{said}",
        "DATABASE_URL: there is no {path} yet; weaudit up makes it, in the folder where it runs": (
            "DATABASE_URL：{path} 还不存在；weaudit up 会在其运行目录中创建它"
        ),
        "DATABASE_URL: {database} has no tables of weaudit; weaudit up makes them": (
            "DATABASE_URL：{database} 中没有 weaudit 的表；weaudit up 会创建它们"
        ),
        "DATABASE_URL: its folder cannot be made: {error}": "DATABASE_URL：无法创建其所在目录：{error}",
        "DATABASE_URL: the database {database} is encoded in {encoding}, which cannot keep all that WeChat sends. Make "
        "one in UTF8 and name that: createdb --encoding=UTF8 --template=template0 NAME": (
            "DATABASE_URL：数据库 {database} 的编码是 {encoding}，存不下微信发来的全部字符。请建一个 UTF8 "
            "编码的数据库并改用它："
            "createdb --encoding=UTF8 --template=template0 NAME"
        ),
        "DATABASE_URL: {host} takes no writes: it is a standby, or was made read-only. Name the primary; with several "
        "hosts in the URL, add target_session_attrs=read-write": (
            "DATABASE_URL：{host} 不接受写入：它是备库，或被设为只读。请改为主库；URL 中有多个主机时请加上 "
            "target_session_attrs=read-write"
        ),
        "DATABASE_URL: {database} is on a file system without the locks that SQLite needs, such as a network's; two "
        "processes would lose each other's writes. Put it on a local disk, or use PostgreSQL": (
            "DATABASE_URL：{database} 所在的文件系统没有 SQLite 所需的锁（例如网络盘），两个进程会丢失彼此的写入。"
            "请放到本地磁盘，"
            "或改用 PostgreSQL"
        ),
        "DATABASE_URL: {sql_user} may not do what weaudit needs in {sql_database} ({said}). Let it own the database: "
        "ALTER DATABASE {sql_database} OWNER TO {sql_user}; or: GRANT USAGE, CREATE ON SCHEMA public TO {sql_user}. "
        "Tables that another user made: REASSIGN OWNED BY other TO {sql_user}": (
            "DATABASE_URL：{sql_user} 在 {sql_database} 中没有 weaudit 所需的权限（{said}）。请让它拥有该数据库："
            "ALTER DATABASE {sql_database} OWNER TO {sql_user}；或：GRANT USAGE, CREATE ON SCHEMA public TO "
            "{sql_user}。"
            "由其他用户建的表：REASSIGN OWNED BY other TO {sql_user}"
        ),
        "DATABASE_URL: {database} holds tables of weaudit, and alembic_version does not say of which version. Restore "
        "the whole backup, with alembic_version, or name an empty database": (
            "DATABASE_URL：{database} 中有 weaudit 的表，但 alembic_version 没有写明版本。请恢复完整备份（含 "
            "alembic_version），"
            "或改用一个空数据库"
        ),
        "DATABASE_URL: a newer version of weaudit has changed this database ({database}), and this one does not know "
        "how to use it. Start the newer version again, or put back the copy of the database from before": (
            "DATABASE_URL：更新版本的 weaudit 已改动过这个数据库（{database}），当前版本不会使用它。"
            "请重新启动较新的版本，"
            "或恢复升级前的数据库备份"
        ),
        "DATABASE_URL: {database} belongs to another program, whose alembic_version it holds. Name an empty database: "
        "createdb --encoding=UTF8 --template=template0 NAME": (
            "DATABASE_URL：{database} 属于另一个程序，其中有它的 alembic_version。请改用一个空数据库："
            "createdb --encoding=UTF8 --template=template0 NAME"
        ),
        "DATABASE_URL: {database} is no database of weaudit: {said}. Name another one": (
            "DATABASE_URL：{database} 不是 weaudit 的数据库：{said}。请改用另一个"
        ),
        "DATABASE_URL: {database} is damaged ({said}): keep a copy of it, and put back the backup": (
            "DATABASE_URL：{database} 已损坏（{said}）：请留一份副本，然后恢复备份"
        ),
        "DATABASE_URL: the file cannot be written: {said}": "DATABASE_URL：文件无法写入：{said}",
        "DATABASE_URL: the file cannot be used: {said}": "DATABASE_URL：文件无法使用：{said}",
        "DATABASE_URL: the database refuses: {said}": "DATABASE_URL：数据库拒绝：{said}",
        "DATABASE_URL: the database failed: {said}": "DATABASE_URL：数据库出错：{said}",
        "SECRETS_KEY does not open the stored {kind}: it is not the key this database was written with. Put the former "
        "key behind the new one, separated by a comma": (
            "SECRETS_KEY 打不开已保存的 {kind}：它不是写入这个数据库时用的密钥。请把旧密钥写在新密钥后面，用逗号隔开"
        ),
        "{path} cannot be made, for the secrets in the database: {error}": (
            "无法创建 {path}（数据库中密文的密钥文件）：{error}"
        ),
        "{path} holds no key. Put the key back that the database was written with; if nothing secret is in it yet, "
        "delete the file": "{path} 中没有密钥。请放回写入数据库时用的密钥；若数据库中还没有密文，请删除该文件",
        "{path} belongs to {owner}, and {us} may not read it: run weaudit as its owner, or: chown {us} {path}": (
            "{path} 属于 {owner}，{us} 无权读取：请以其所有者身份运行 weaudit，或：chown {us} {path}"
        ),
        "{path} is not UTF-8; save it as UTF-8": "{path} 不是 UTF-8 编码；请存为 UTF-8",
        # The broker.
        "BROKER_URL ({place}): {said}": "BROKER_URL（{place}）：{said}",
        "BROKER_URL: {where}: {said}": "BROKER_URL：{where}：{said}",
        "BROKER_URL: {where}: no answer ({said}): start the broker, or correct BROKER_URL": (
            "BROKER_URL：{where} 没有应答（{said}）：请启动队列服务，或更正 BROKER_URL"
        ),
        "there is no {what}, and the user may not configure it. Let it: rabbitmqctl set_permissions -p VHOST USER "
        "{rights}; or let an administrator declare queues and exchange, as the README says": (
            "没有 {what}，而该用户无权创建。请授权：rabbitmqctl set_permissions -p VHOST USER {rights}；"
            "或按 README 由管理员声明队列和交换机"
        ),
        "the user may not {right} {what}. Let it: rabbitmqctl set_permissions -p VHOST USER {rights}; or let an "
        "administrator declare queues and exchange, as the README says": (
            "该用户对 {what} 没有 {right} 权限。请授权：rabbitmqctl set_permissions -p VHOST USER {rights}；"
            "或按 README 由管理员声明队列和交换机"
        ),
        "the broker's certificate is not good: {said}. Name the host that it is for, or the authority that signed it: "
        "BROKER_CA_FILE=/path/to/ca.pem": (
            "队列服务的证书不可信：{said}。请写证书所属的主机名，或指定签发机构：BROKER_CA_FILE=/path/to/ca.pem"
        ),
        "the broker refuses this user or its password": "队列服务拒绝该用户或其密码",
        "{said}. Let the user use the virtual host: rabbitmqctl set_permissions -p VHOST USER {rights}": (
            "{said}。请让该用户可用此虚拟主机：rabbitmqctl set_permissions -p VHOST USER {rights}"
        ),
        "{said}. The exchange exists with other arguments; delete it, and let subscribers bind their queues again. "
        "Reactions go on meanwhile: rabbitmqadmin delete exchange name={name}": (
            "{said}。交换机已存在但参数不同；请删除它，并让订阅者重新绑定队列。期间任务照常处理："
            "rabbitmqadmin delete exchange name={name}"
        ),
        "{said}. A queue of weaudit exists with other arguments; delete it (nothing is lost: what it held is in the "
        "database and is published again): rabbitmqadmin delete queue name={name}": (
            "{said}。weaudit 的一个队列已存在但参数不同；请删除它（不会丢失：内容都在数据库中，会重新发布）："
            "rabbitmqadmin delete queue name={name}"
        ),
        "Redis refuses this user or its password: {said}": "Redis 拒绝该用户或其密码：{said}",
        "the Redis user may not do what weaudit needs ({said}): ACL SETUSER NAME {rights}": (
            "该 Redis 用户没有 weaudit 所需的权限（{said}）：ACL SETUSER NAME {rights}"
        ),
        # Running.
        "{parts} ended; the log says why": "{parts} 已结束，原因见日志",
        "{part} ended: {error!r}; the log says where": "{part} 已结束：{error!r}；位置见日志",
        "METRICS_HOST and METRICS_PORT: cannot listen on {where}: {error}": (
            "METRICS_HOST 和 METRICS_PORT：无法监听 {where}：{error}"
        ),
        "{names}: cannot listen on {where}: {error}. Choose another, or stop what listens there": (
            "{names}：无法监听 {where}：{error}。请改用其他地址或端口，或停止占用它的程序"
        ),
        "BROKER_URL is memory://, a queue inside one process: what `weaudit {process}` does there, no other process "
        "sees. Set BROKER_URL to amqp://… or redis://…, or run everything in one process: weaudit up": (
            "BROKER_URL 是 memory://，队列在单个进程之内：`weaudit {process}` 在其中所做的，其他进程看不到。请把 "
            "BROKER_URL "
            "设为 amqp://… 或 redis://…，或用 weaudit up 在一个进程里运行全部"
        ),
        "NOTIFY_URLS (and _ACTION, _ALARM): number {places} of {number} is no Apprise URL "
        "(https://github.com/caronc/apprise/wiki)": (
            "NOTIFY_URLS（含 _ACTION、_ALARM）：{number} 个中的第 {places} 个不是 Apprise URL"
            "（https://github.com/caronc/apprise/wiki）"
        ),
        "writing or reading failed: {error}": "读写失败：{error}",
        "weaudit failed, and that is a fault of its own: {error!r}. With LOG_LEVEL=DEBUG the log says where; please "
        "report it": "weaudit 自身出错：{error!r}。设 LOG_LEVEL=DEBUG 后日志会写明位置；请反馈给我们",
    }
)
