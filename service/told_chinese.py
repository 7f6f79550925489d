"""What people are told when something does not go, in Chinese: each sentence as it stands where it is said."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
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
        "{names}: cannot listen on {where}: {error}": "{names}：无法监听 {where}：{error}",
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
        # What a command was asked for.
        "--env-file {path}: there is no such file": "--env-file {path}：没有这个文件",
        "weaudit knows no mini program, review or push {what!r}; weaudit apps, weaudit pushes": (
            "weaudit 不认识 {what!r}：不是已知的小程序、审核单或推送；请看 weaudit apps、weaudit pushes"
        ),
        "{option} {text} is over": "{option} {text} 已经过去",
        "{option} is a time, such as 2026-11-28T10:00, or 30m, 2h, 3d; not {text!r}": (
            "{option} 应为时间，如 2026-11-28T10:00、30m、2h、3d，而不是 {text!r}"
        ),
        "which mini program? Either its appid, or --all": "哪个小程序？请给出 appid，或用 --all",
        "{who} is paused until {when}": "{who}已暂停，至 {when}",
        "{who} is paused until: weaudit resume {which}": "{who}已暂停，恢复请用：weaudit resume {which}",
        "{who} goes on; {reactions} waited": "{who}已恢复；期间等待的任务：{number}",
        "every mini program": "全部小程序",
        "ordered: {what}; weaudit why {appid} tells what becomes of it": "已下达：{what}；进展请看 weaudit why {appid}",
        "review {auditid} ({version})": "审核单 {auditid}（{version}）",
        "whatever WeChat shows approved is released": "发布微信显示已过审的版本",
        "{what} is released": "发布{what}",
        "{what} is released when it is approved": "{what}过审后发布",
        "it": "该版本",
        "{what} is held; weaudit release {appid} releases it": "{what} 已暂缓；发布请用 weaudit release {appid}",
        "{what} is withdrawn": "撤回{what}",
        "{version} is submitted once more": "重新提审 {version}",
        "{what}: its gray release ends": "{what}：结束灰度发布",
        "{what}: it is rolled back": "{what}：回退到上一版本",
        "{reactions} may go on": "可以继续的任务：{number}",
        "which? weaudit revive ID…, --appid APPID, --reason WORDS, --queue QUEUE, or --all": (
            "哪些？weaudit revive ID…、--appid APPID、--reason 文字、--queue 队列，或 --all"
        ),
        "--all is all that is dead: it goes with nothing that chooses some of it": (
            "--all 指全部已放弃的任务，不能与其他筛选条件同用"
        ),
        "there is no queue {queue}; there are {queues}": "没有队列 {queue}；可用的有 {queues}",
        "nothing of that is dead": "没有符合条件的已放弃任务",
        "nothing of that is dead or waits": "没有符合条件的已放弃或等待中的任务",
        "{reactions} will begin anew. Go on?": "将重新开始的任务：{number}。继续吗？",
        "{question} Nobody can answer here: add --yes": "{question} 这里无人可以回答：请加 --yes",
        "    {reactions}, the oldest since {since}": "    {number} 项任务，最早始于 {since}",
        "    … and {number} more: weaudit pushes --state dead": "    … 另有 {number} 项：weaudit pushes --state dead",
        "    then: weaudit revive {which}": "    处理后：weaudit revive {which}",
        "{number} revived": "已重新开始：{number}",
        "--state is one of {states}, not {state!r}": "--state 可为 {states}，而不是 {state!r}",
        "--rid is what WeChat's answers end in, such as 66f0c3a1-1b2c3d4e-5f607182, not {rid!r}": (
            "--rid 是微信返回末尾的编号，如 66f0c3a1-1b2c3d4e-5f607182，而不是 {rid!r}"
        ),
        "there is no push whose id is or begins with {id!r}, or more than one; weaudit pushes": (
            "没有编号为 {id!r} 或以其开头的推送，或者不止一条；请看 weaudit pushes"
        ),
        "a password is text in UTF-8, in one line": "密码应为一行 UTF-8 文字",
        "a password has {shortest} to {longest} characters": "密码长度应为 {shortest} 到 {longest} 个字符",
        # Messages.
        "BROKER_URL is memory://, a queue inside one process that nobody else sees. weaudit pushes --follow shows what "
        "comes; to let others subscribe, set BROKER_URL to amqp://… or redis://…": (
            "BROKER_URL 是 memory://，队列在单个进程之内，别处看不到。weaudit pushes --follow 可看收到的推送；"
            "要让他人订阅，"
            "请把 BROKER_URL 设为 amqp://… 或 redis://…"
        ),
        "a pattern has 1 to {longest} bytes": "模式长度应为 1 到 {longest} 字节",
        "{queue} is a queue of weaudit's own: a reaction begins anew by weaudit revive": (
            "{queue} 是 weaudit 自己的队列：重新处理请用 weaudit revive"
        ),
        "there is no queue {queue} at {where}: let the subscriber declare it and bind it to {exchange} first": (
            "{where} 上没有队列 {queue}：请先让订阅者声明它并绑定到 {exchange}"
        ),
        "{queue} took {messages} and not {sent_not} more: is it full?": (
            "{queue} 收下 {number} 条，另有 {sent_not} 条未收：是否已满？"
        ),
        "{queue} took {messages} and not {sent_not} more: was it deleted?": (
            "{queue} 收下 {number} 条，另有 {sent_not} 条未收：是否已被删除？"
        ),
        "{messages} sent to {queue}": "已发送到 {queue}：{number} 条",
        "the AsyncAPI document is of all types: leave out either --asyncapi or the type": (
            "AsyncAPI 文档包含全部类型：请去掉 --asyncapi 或类型之一"
        ),
        "there is no type {type}; there are: {types}": "没有类型 {type}；可用的有：{types}",
        # Submitting.
        "--status shows the newest plan; it takes --detach (once, without watching) and --json alone": (
            "--status 显示最近一次计划；只能与 --detach（只看一次）和 --json 同用"
        ),
        "nothing was planned yet: weaudit submit --template ID --all": (
            "还没有任何计划：weaudit submit --template ID --all"
        ),
        "which mini programs? Either --appid wx…, once or more often, or --all, not both": (
            "哪些小程序？--appid wx…（可多次）或 --all，不能同用"
        ),
        "which mini programs? --appid wx…, once or more often, or --all": "哪些小程序？--appid wx…（可多次），或 --all",
        "{number} left out: official accounts, which have no code, and WeChat's own test accounts": (
            "已略过 {number} 个：没有代码的公众号，以及微信自己的测试账号"
        ),
        "WeChat lists {number} more than weaudit knows: it learns them within the hour (`weaudit clock`)": (
            "微信列出的小程序比 weaudit 已知的多 {number} 个：一小时内会自动补全（`weaudit clock`）"
        ),
        "weaudit knows no mini program that authorizes the platform. It learns them from WeChat within the hour, once "
        "`weaudit clock` (or `weaudit up`) runs and the first ticket has come; weaudit apps lists them": (
            "weaudit 还不知道任何授权给本平台的小程序。`weaudit clock`（或 `weaudit up`）运行并收到首个 ticket 后，"
            "一小时内会从微信获取；weaudit apps 可列出"
        ),
        "{appids}: took the authorization back; weaudit authorize-url makes a new link": (
            "{appids}：已取消授权；weaudit authorize-url 可生成新的授权链接"
        ),
        "{appids}: not known to weaudit; weaudit apps lists those that authorize the platform": (
            "{appids}：weaudit 不认识；weaudit apps 列出已授权的小程序"
        ),
        "which template? --template ID; weaudit call gettemplatelist lists them": (
            "哪个模板？--template ID；weaudit call gettemplatelist 可列出"
        ),
        "there is no template {template}; weaudit call gettemplatelist lists them": (
            "没有模板 {template}；weaudit call gettemplatelist 可列出"
        ),
        "{file} cannot be read: {error}": "{file} 无法读取：{error}",
        "--ext-json is no JSON: {error}": "--ext-json 不是 JSON：{error}",
        '--ext-json is a JSON object, such as {"extAppid": "$APPID$", "ext": {}}': (
            '--ext-json 应为 JSON 对象，如 {"extAppid": "$APPID$", "ext": {}}'
        ),
        "--audit does not fit submit_audit:\n{faults}": "--audit 不符合 submit_audit：\n{faults}",
        "--audit is no JSON object: {error}": "--audit 不是 JSON 对象：{error}",
        "nothing takes the plans up: is `weaudit {process}` running (or `weaudit up`), with this DATABASE_URL and "
        "BROKER_URL? What is planned stays planned, and goes on as soon as it does; weaudit submit --status shows it": (
            "没有进程在处理计划：`weaudit {process}`（或 `weaudit up`）是否在用同样的 DATABASE_URL 和 BROKER_URL 运行？"
            "计划已保存，进程运行后会继续；weaudit submit --status 可查看"
        ),
        "Stopped watching. The workers go on; weaudit submit --status shows it again.": (
            "已停止查看，worker 会继续；weaudit submit --status 可再次查看。"
        ),
        # Calling WeChat by hand, and WeChat simulated.
        "--json goes with --list; an answer is JSON anyway": "--json 与 --list 同用；返回本来就是 JSON",
        "{file} cannot be written: {error}": "{file} 无法写入：{error}",
        "which endpoint? weaudit call --list shows them all": "哪个接口？weaudit call --list 可列出全部",
        "there is no endpoint {name}; weaudit call --list shows them all": (
            "没有接口 {name}；weaudit call --list 可列出全部"
        ),
        "weaudit call NAME, or weaudit call GET /path, or weaudit call POST /path --data JSON": (
            "weaudit call 接口名，或 weaudit call GET /路径，或 weaudit call POST /路径 --data JSON"
        ),
        "--data is no JSON: {error}": "--data 不是 JSON：{error}",
        '--data is a JSON object, such as {"auditid": 400000001}': '--data 应为 JSON 对象，如 {"auditid": 400000001}',
        "--data does not fit {name}:\n{faults}": "--data 不符合 {name}：\n{faults}",
        "--data: weaudit knows no {fields} of {name}; sent as it is": (
            "--data：weaudit 不认识 {name} 的 {fields}，已原样发送"
        ),
        "media: {path} cannot be read: {error}": "media：{path} 无法读取：{error}",
        "--appid is an appid, such as wx0123456789abcdef, not {appid!r}": (
            "--appid 应为 appid，如 wx0123456789abcdef，而不是 {appid!r}"
        ),
        "{name} is called for a mini program: --appid wx…": "{name} 须针对小程序调用：--appid wx…",
        "{name} is called for the platform, without --appid": "{name} 针对平台调用，不带 --appid",
        "{name} answers with a file: --output FILE": "{name} 返回文件：--output 文件",
        "{name} answers with JSON and no file, without --output": "{name} 返回 JSON 而不是文件，不带 --output",
        "--redirect is an address, such as https://your.host{page}": "--redirect 应为网址，如 https://your.host{page}",
        "good for {seconds} s": "{seconds} 秒内有效",
        "--to is an address, such as {here}": "--to 应为网址，如 {here}",
        "--field is NAME=VALUE, not {wrong}": "--field 应为 名称=值，而不是 {wrong}",
        "{what} did not happen within {seconds:.0f} s": "{seconds:.0f} 秒内未完成：{what}",
    }
)
