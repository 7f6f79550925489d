"""What --help says, in Chinese: each text as it stands at its command or option, and how it is said."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # The commands, as the list of all says what each is for.
        "Never miss a WeChat code review verdict.": "不错过任何一次微信代码审核结果。",
        "Run everything in one process: web, relay, worker, clock and console.": (
            "在一个进程里运行全部：web、relay、worker、clock、console。"
        ),
        "Receive WeChat's pushes.": "接收微信推送。",
        "Publish what was received.": "把收到的推送发布到队列。",
        "React to what was published: release, resubmit, notify, authorize.": (
            "处理队列中的消息：发布、重新提审、通知、授权。"
        ),
        "Do the periodic jobs: ask for missed verdicts, renew tokens, prune.": (
            "定时任务：查询漏掉的审核结果、刷新 token、清理过期记录。"
        ),
        "Serve the console: what people look at and click.": "运行控制台网页，供人查看和操作。",
        "Make the hash that CONSOLE_PASSWORD is.": "生成 CONSOLE_PASSWORD 所需的哈希值。",
        "Look whether all is as it has to be: settings, database, broker, ticket.": (
            "检查一切是否就绪：配置、数据库、队列、ticket。"
        ),
        "Show every setting in force, and where it comes from.": "列出生效的全部配置及其来源。",
        "Tell how weaudit is, or one mini program, on one screen.": "一屏看清 weaudit 或某个小程序的状态。",
        "Tell where a version stands, what it waits for, and what you can do.": (
            "某个版本到了哪一步、在等什么、您能做什么。"
        ),
        "List the newest pushes, and what was done about them; or one, whole.": (
            "列出最近的推送及其处理情况，或查看其中一条的全部内容。"
        ),
        "Print messages as they are published, until Ctrl-C.": "实时打印投递到队列的消息，按 Ctrl-C 结束。",
        "Send a subscriber's queue what was kept since a time.": "把某个时间以来保存的消息重新发给一个订阅者的队列。",
        "Print the JSON Schema of the messages, or an AsyncAPI document.": "打印消息的 JSON Schema 或 AsyncAPI 文档。",
        "List what was given up, by why, and what a person must do.": "按原因列出已放弃的任务，以及需人工处理的事项。",
        "Let dead reactions begin anew.": "让已放弃的任务重新开始。",
        "Take dead reactions off the list: a person settled them.": "将已放弃的任务标为已解决，不再列出。",
        "List what is waited for outside, and what it holds up.": "列出正在等待的外部原因，以及各自阻塞了多少任务。",
        "Say that a cause is gone: all that it holds up is tried at once.": "标记阻塞原因已解除，受阻的任务立即重试。",
        "List the mini programs that authorize the platform, or did.": "列出授权过本平台的小程序。",
        "Plan a template for mini programs, and watch workers submit it.": "为小程序安排一个模板版本，并查看提审进度。",
        "Release the approved version of a mini program.": "发布小程序已过审的版本。",
        "Hold the newest version: only a person releases it.": "暂缓最新版本：须人工发布。",
        "Withdraw the review that is under way.": "撤回正在进行的审核。",
        "Give the users the version before again.": "让用户回到上一个版本。",
        "Submit the rejected version of a mini program once more.": "把被驳回的版本再次提审。",
        "Submit and release nothing by policy, for one or for all.": "暂停自动提审和发布（单个小程序或全部）。",
        "Go on with what was paused.": "恢复自动提审和发布。",
        "Call any endpoint of WeChat's, and print its answer.": "调用任意微信接口，并打印返回。",
        "Make a link with which a merchant authorizes.": "生成供商家授权的链接。",
        "WeChat's servers, simulated.": "模拟的微信服务器。",
        "Watch it work, without a WeChat account.": "无需微信账号，看它如何工作。",
        # What each says itself.
        "Where the settings are; .env in this folder, if not given.": "配置文件；不指定时为当前目录的 .env。",
        "Print the version.": "打印版本号。",
        "Install completion for the current shell.": "为当前 shell 安装命令补全。",
        "Show completion for the current shell, to copy it or customize the installation.": (
            "显示当前 shell 的补全脚本，供复制或修改。"
        ),
        "Ask for a password, and print what CONSOLE_PASSWORD is to be; from a pipe, the first line is the password.": (
            "询问密码，打印 CONSOLE_PASSWORD 应填的值；从管道读取时，第一行为密码。"
        ),
        "Ask WeChat: token, IP address, permission sets.": "向微信核实：token、IP 地址、权限集。",
        "Send a message to each of NOTIFY_URLS.": "向每个 NOTIFY_URLS 发一条消息。",
        "One JSON object a line.": "每行一个 JSON 对象。",
        "Show every setting in force, and where it comes from; of a secret only whether it is set.": (
            "列出生效的全部配置及其来源；密钥只显示是否已设置。"
        ),
        "A file to begin with: > .env": "打印一份可作起点的配置文件：> .env",
        "Tell on one screen how weaudit is: parts, ticket, tokens, what waits, what is blocked or dead.": (
            "一屏看清 weaudit 的状态：各进程、ticket、token、等待中、受阻和已放弃的。"
        ),
        "Of this mini program; of weaudit as a whole, if not given.": "只看这个小程序；不指定时看整个 weaudit。",
        "Tell where a version stands, what it waits for and until when, what a person can do, and what happened.": (
            "某个版本到了哪一步、在等什么、等到何时、人能做什么、发生过什么。"
        ),
        "Of whom, of which review, or which push.": "小程序的 appid、审核单号，或推送的 id。",
        "How many events.": "显示多少条事件。",
        "List the newest pushes, and what each reaction did about them, or waits for; or tell all of one.": (
            "列出最近的推送，以及各项处理的结果或在等什么；或查看其中一条的全部内容。"
        ),
        "One push, whole: its id, or how it begins.": "查看一条推送的全部：它的 id 或开头几位。",
        "Of this mini program only.": "只看这个小程序的。",
        "Of this type only, such as weapp_audit_fail or weaudit.released.": (
            "只看这种类型的，如 weapp_audit_fail 或 weaudit.released。"
        ),
        "With a reaction that is dead, blocked, retrying, done …": (
            "只看处理状态为 dead、blocked、retrying、done 等的。"
        ),
        "Since then: 2h, 3d, or 2026-11-28T10:00.": "从何时起：2h、3d，或 2026-11-28T10:00。",
        "That speak of this review.": "与这次审核有关的。",
        "That led to the call that WeChat gave this rid.": "引发微信返回此 rid 的那次调用的。",
        "How many.": "显示多少条。",
        "Go on with what comes, until Ctrl-C.": "持续显示新到的，按 Ctrl-C 结束。",
        "Print messages as they are published, until Ctrl-C; with --json as subscribers get them.": (
            "实时打印投递到队列的消息，按 Ctrl-C 结束；加 --json 则与订阅者收到的一致。"
        ),
        "<event>.<appid>; * is one word, # any: weapp_audit_fail.*, #.wx0123456789abcdef": (
            "<事件>.<appid>；* 代表一段，# 代表任意：weapp_audit_fail.*、#.wx0123456789abcdef"
        ),
        "Send a subscriber's queue what was kept since a time, in that order; nobody else gets it again.": (
            "把某个时间以来保存的消息按顺序重新发给一个订阅者的队列；别人不会再收到。"
        ),
        "What was kept since then: 2h, 3d, or 2026-11-28T10:00.": "从何时起保存的：2h、3d，或 2026-11-28T10:00。",
        "The subscriber's queue, which has to be there.": "订阅者的队列，须已存在。",
        "Print the JSON Schema of the messages that subscribers get.": "打印订阅者所收消息的 JSON Schema。",
        "One type, such as weapp_audit_fail or weaudit.released; else all.": (
            "一种类型，如 weapp_audit_fail 或 weaudit.released；不指定则为全部。"
        ),
        "All, as an AsyncAPI 3 document.": "全部，作为一份 AsyncAPI 3 文档。",
        "List the reactions that were given up, by why, each with what a person must do.": (
            "按原因列出已放弃的任务，以及每项需人工处理的事项。"
        ),
        "Exit with 1 if there are any: for cron.": "有则以状态 1 退出，供 cron 使用。",
        "Let dead reactions begin anew, as if they had never been tried.": "让已放弃的任务重新开始，如同从未试过。",
        "Take dead reactions off the list: a person settled them, or they do not matter. Plans among them end.": (
            "将已放弃的任务标为已解决（已由人工处理，或已无关紧要），不再列出；其中的提审计划就此终止。"
        ),
        "The ids of pushes, as `weaudit dead` shows them.": "推送的 id，见 `weaudit dead`。",
        "Of this mini program.": "这个小程序的。",
        "With these words in its note.": "说明中含有这些文字的。",
        "What waits for this cause, as `weaudit unblock` does.": "在等这个原因的，与 `weaudit unblock` 相同。",
        "Of this queue only, such as weaudit.release.": "只限这个队列的，如 weaudit.release。",
        "All that is dead.": "全部已放弃的。",
        "And what waits for a later time.": "也包括等到以后再试的。",
        "Do not ask.": "不再询问。",
        "List what is waited for outside: since when, what it holds up, and what a person does about it.": (
            "列出正在等待的外部原因：从何时起、阻塞了什么、需要人做什么。"
        ),
        "As `weaudit blocked` shows it, such as ip_whitelist.": "见 `weaudit blocked`，如 ip_whitelist。",
        "Plan a template for mini programs; workers commit it, wait for the privacy check, and submit it for review."
        "\n\nThe command only watches. Ctrl-C stops the watching; what was submitted before is not submitted twice.": (
            "为小程序安排一个模板版本：由 worker 提交代码、等待隐私检测、提交审核。\n\n"
            "本命令只是查看进度，按 Ctrl-C 停止查看；已提交过的不会重复提交。"
        ),
        "The template's id; `weaudit call gettemplatelist` lists them.": (
            "模板 id；`weaudit call gettemplatelist` 可列出全部。"
        ),
        "A mini program; may be repeated.": "小程序的 appid；可多次指定。",
        "Every mini program that authorizes the platform.": "授权本平台的全部小程序。",
        "user_version; the template's, if not given.": "版本号 user_version；不指定则用模板的。",
        "user_desc; the template's, if not given.": "版本描述 user_desc；不指定则用模板的。",
        "ext_json, or @FILE; $APPID$ in it becomes the mini program's appid.": (
            "ext_json，或 @文件；其中 $APPID$ 会换成小程序的 appid。"
        ),
        "Fields of submit_audit as JSON, or @FILE; without item_list, one is made of the pages.": (
            "submit_audit 的字段（JSON 或 @文件）；没有 item_list 时按页面生成。"
        ),
        "Also what was submitted before.": "提交过的也再次提交。",
        "Plan, and do not watch.": "只安排，不查看进度。",
        "Show the newest plan again, and watch it.": "再次显示最近一次安排的进度。",
        "Release the approved version of a mini program. A worker does it; people are told when it is online.": (
            "发布小程序已过审的版本。由 worker 执行，上线后会通知。"
        ),
        "The mini program.": "小程序的 appid。",
        "Of this review; the newest, if not given.": "指定审核单；不指定则为最新的。",
        "Hold the newest version of a mini program: it is not released until a person types release.": (
            "暂缓小程序的最新版本：直到有人执行 release 才会发布。"
        ),
        "Withdraw the review that is under way. A worker does it; WeChat allows five a day, and ten a month.": (
            "撤回正在进行的审核。由 worker 执行；微信每天允许 5 次，每月 10 次。"
        ),
        "Give the users the version before again: end a gray release, or roll back what is online. A worker does it.": (
            "让用户回到上一个版本：撤回灰度，或回退线上版本。由 worker 执行。"
        ),
        "Submit the rejected version of a mini program once more, as it is. A worker does it.": (
            "把被驳回的版本原样再次提审。由 worker 执行。"
        ),
        "Submit, release and resubmit nothing by policy; pushes are kept and told, and a person's word still counts.": (
            "不再自动提审、发布和重新提审；推送照常保存和通知，人的指令仍然有效。"
        ),
        "All mini programs.": "全部小程序。",
        "30m, 2h, 3d or 2026-11-28T10:00; until `resume`, if not given.": (
            "30m、2h、3d 或 2026-11-28T10:00；不指定则直到 `resume`。"
        ),
        "Why, for whoever asks.": "原因，供他人查看。",
        "Go on with what was paused; all that waited is done at once.": "恢复自动提审和发布；等待中的立即处理。",
        "Call any endpoint of WeChat's, and print its answer as one JSON object.": (
            "调用任意微信接口，返回打印为一个 JSON 对象。"
        ),
        "The last part of the endpoint's path; or GET, or POST.": "接口路径的最后一段；或 GET、POST。",
        "After GET or POST: any path of WeChat's, such as /wxa/release.": (
            "GET 或 POST 之后：任意微信接口路径，如 /wxa/release。"
        ),
        "The mini program that it is called for.": "为哪个小程序调用。",
        "Its parameters, as a JSON object; a file to upload by its path.": "参数（JSON 对象）；要上传的文件写路径。",
        "Where to write a file that WeChat answers with.": "微信返回文件时，写到哪里。",
        "List all endpoints.": "列出全部接口。",
        "With --list: one JSON object a line.": "与 --list 连用：每行一个 JSON 对象。",
        "Print the link that a merchant opens to authorize the platform; it works once, and for some minutes."
        "\n\nWeChat opens it only from a page of the platform's 授权发起页域名, which must be the redirect's, too.": (
            "打印供商家打开的授权链接；只能用一次，几分钟内有效。\n\n"
            "微信只允许从平台的授权发起页域名打开它，回调地址也须在该域名下。"
        ),
        "Where the merchant comes back to: weaudit's own page, such as https://your.host/authorized": (
            "授权后返回的页面：weaudit 自己的页面，如 https://your.host/authorized"
        ),
        "For a phone, without scanning a code.": "手机版，无需扫码。",
        "Where to listen; set WECHAT_API_BASE to http://127.0.0.1:PORT.": "监听端口；并将 WECHAT_API_BASE 设为 http://127.0.0.1:端口。",
        "Where weaudit listens.": "weaudit 的监听地址。",
        "Send one sealed push to a running weaudit, and print its answer.": (
            "向运行中的 weaudit 发一条加密推送，并打印其应答。"
        ),
        "weapp_audit_success, weapp_audit_fail, or any other event.": (
            "weapp_audit_success、weapp_audit_fail 或其他事件。"
        ),
        "NAME=VALUE, in WeChat's names; may be repeated.": "名称=值，用微信的字段名；可多次指定。",
        "Watch it work, without a WeChat account: simulator and weaudit, two mini programs, two verdicts.": (
            "无需微信账号，看它如何工作：模拟器和 weaudit，两个小程序，两个审核结果。"
        ),
        "Stay, so that you can look around, until Ctrl-C.": "演示后不退出，便于查看，按 Ctrl-C 结束。",
        "Show this message and exit.": "显示本帮助并退出。",
    }
)
