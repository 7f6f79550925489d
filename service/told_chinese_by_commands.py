"""What commands say, in Chinese: what they refuse, ask and show; each sentence as it stands where it is said."""

from collections.abc import Mapping
from types import MappingProxyType

BY_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        # What a command was asked for.
        "--env-file {path}: there is no such file": "--env-file {path}：没有这个文件",
        "weaudit knows no mini program, review or push {what!r}; weaudit apps, weaudit pushes": (
            "weaudit 不认识 {what!r}：不是已知的小程序、审核单或推送；请看 weaudit apps、weaudit pushes"
        ),
        "{option} {text} is over": "{option} {text} 已经过去",
        "{option} is a time, such as 2026-11-28T10:00, or 30m, 2h, 3d; not {text!r}": (
            "{option} 应为时间，如 2026-11-28T10:00、30m、2h、3d，而不是 {text!r}"
        ),
        "{appids}: no appid, which is wx and sixteen letters or digits": "{appids} 不是 appid（wx 加 16 位字母或数字）",
        "which mini program? Either its appid, or --all": "哪个小程序？请给出 appid，或用 --all",
        "{who} is paused until {when}": "{who} 已暂停，至 {when}",
        "{who} is paused until: weaudit resume {which}": "{who} 已暂停，恢复请用：weaudit resume {which}",
        "{who} goes on; {reactions} waited": "{who} 已恢复；期间等待的任务：{number}",
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
        "which? weaudit {command} ID…, --appid APPID, --reason WORDS, --queue QUEUE, or --all": (
            "哪些？weaudit {command} ID…、--appid APPID、--reason 文字、--queue 队列，或 --all"
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
        "    then: weaudit revive {which}; or, if that is settled: weaudit dismiss {which}": (
            "    处理后：weaudit revive {which}；如已自行解决：weaudit dismiss {which}"
        ),
        "{reactions} will be listed no more; plans among them end, what is approved goes on by policy. Go on?": (
            "将标为已解决的任务：{number} 项；之后不再列出，其中的提审计划就此终止，已过审的版本仍按策略处理。继续吗？"
        ),
        "nothing is dead": "没有待处理的已放弃任务",
        "nothing is blocked and nothing is paused": "没有阻塞，也没有暂停",
        "no merchant has authorized the platform yet; a link: weaudit authorize-url --redirect URL": (
            "还没有商户授权本平台；生成授权链接：weaudit authorize-url --redirect URL"
        ),
        "nothing was pushed yet; weaudit check tells what may be wrong": (
            "还没有收到推送；weaudit check 会检查可能的原因"
        ),
        "no push fits that": "没有符合条件的推送",
        "nothing of {ids} is dead": "没有已放弃的任务：{ids}",
        "{number} dismissed": "已标为已解决：{number} 项",
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
        "{appids}: took the authorization back; weaudit authorize-url --redirect URL makes a new link": (
            "{appids}：已取消授权；weaudit authorize-url --redirect URL 可生成新的授权链接"
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
        "{option} is no JSON: {error}": "{option} 不是 JSON：{error}",
        "{option} is a JSON object, such as {example}": "{option} 应为 JSON 对象，如 {example}",
        "--audit does not fit submit_audit:\n{faults}": "--audit 不符合 submit_audit：\n{faults}",
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
        "there is no endpoint {name}; did you mean {near}? weaudit call --list shows them all": (
            "没有接口 {name}；是否想写 {near}？weaudit call --list 可列出全部"
        ),
        "weaudit call NAME, or weaudit call GET /path, or weaudit call POST /path --data JSON": (
            "weaudit call 接口名，或 weaudit call GET /路径，或 weaudit call POST /路径 --data JSON"
        ),
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
        # What commands show.
        "mini program        state        version, review, or why": (
            "小程序              状态         版本、审核单或原因"
        ),
        "review {auditid}": "审核单 {auditid}",
        "planned before": "先前已计划",
        "planned before, and on its way": "先前已计划，正在进行",
        "submitted before, and under review; to withdraw it: weaudit undo {appid}": (
            "先前已提审，审核中；撤回请用：weaudit undo {appid}"
        ),
        "submitted before; --again submits it once more": "先前已提审；再次提审请加 --again",
        "{note}; it goes on by itself when {cause} is mended: weaudit blocked": (
            "{note}；{cause} 解决后会自动继续（详见 weaudit blocked）"
        ),
        "{note}; weaudit revive {push_id}": "{note}；重新处理：weaudit revive {push_id}",
        "authorized": "已授权",
        "took its authorization back": "已取消授权",
        "a push that is no longer there  {id}": "已不存在的推送  {id}",
        "    not read: {problem}": "    未能解读：{problem}",
        "    subscribers: {note}": "    订阅方：{note}",
        "ok": "成功",
        "no answer": "无应答",
        "called {endpoint}: {answered}": "调用 {endpoint}：{answered}",
        "{who} ordered {what} ({origin})": "{who} 下达 {what}（{origin}）",
        "    {queue}: {state}{on} since {since}{due}{tried}": "    {queue}：{state}{on}，自 {since} 起{due}{tried}",
        " on {cause}": "（{cause}）",
        ", again {due}": "，{due} 再试",
        ", {tries} tries": "，已试 {tries} 次",
        "    since {since}{until}: {reactions} of {mini_programs}": (
            "    自 {since} 起{until}：阻塞 {apps} 个小程序的 {number} 项任务"
        ),
        ", until {until}": "，至 {until}",
    }
)
