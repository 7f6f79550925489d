"""The notes of the ledger in Chinese: each as it is written, in English, where it is; {…} stands for what differs."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # What became of a version, or is waited for.
        "{its_version} is {state}": "{its_version}：{state}",
        "{version} is to be submitted instead": "改为提交 {version}",
        "review {auditid} is {state}": "审核 {auditid}：{state}",
        "review {auditid} ({version}) is {state}": "审核 {auditid}（{version}）：{state}",
        "it is {state}": "{state}",
        "review {auditid} is under way": "审核 {auditid} 进行中",
        "review {auditid} of {version} is under way": "{version} 的审核 {auditid} 进行中",
        "review {auditid} of {version} is under way, and is waited for": "等待 {version} 的审核 {auditid} 结束",
        "review {auditid} is under way, and is waited for": "等待审核 {auditid} 结束",
        "review {auditid}, of somebody else, is under way and is waited for": "等待他人提交的审核 {auditid} 结束",
        "ordered: review {auditid} is under way, and is released when it is approved": (
            "已下令：审核 {auditid} 进行中，通过后发布"
        ),
        "review {auditid} of {version} came after it": "其后有 {version} 的审核 {auditid}",
        "review {auditid} of {version} is approved, too": "{version} 的审核 {auditid} 也已通过",
        "review {auditid} is to be submitted again": "审核 {auditid} 将重新提交",
        "review {auditid} was submitted again, or is to be": "审核 {auditid} 已重新提交，或即将重新提交",
        "review {auditid} was withdrawn before": "审核 {auditid} 已先被撤回",
        "WeChat knows review {auditid} instead": "微信查询到的是审核 {auditid}",
        "WeChat may still be at a former call": "微信可能仍在处理之前的调用",
        "committed": "已上传",
        "submitted": "已提交",
        "released": "已发布",
        "approved": "已通过",
        "withdrawn": "已撤回",
        "taken back": "已回退",
        "rolled out": "已全量",
        "to be withdrawn": "将撤回",
        "to be taken back": "将回退",
        "WeChat does not show it yet": "微信尚未显示",
        "WeChat does not show the review yet": "微信尚未显示该审核",
        "WeChat does not show it online yet": "微信尚未显示其在线",
        "WeChat checks its privacy interfaces (61039)": "微信正在检测隐私接口（61039）",
        "WeChat says that a review is under way, and shows none yet (85009)": "微信称有版本在审核，但尚未显示（85009）",
        "WeChat would not release it just now ({code})": "微信暂时未能发布（{code}）",
        "WeChat pushed a verdict and does not show it yet": "微信已推送审核结果，但接口尚未显示",
        "WeChat is being asked which review it is": "正在向微信查询是哪次审核",
        "{left} reviews are left this month": "本月剩余提审额度 {left} 次",
        "{left} reviews are left this month, and {setting} keeps them": "本月剩余提审额度 {left} 次，由 {setting} 保留",
        "submitted again after {setting} s": "{setting} 秒后重新提交",
        "another version is on its way to a review": "另一版本正在提审",
        "another version is being released or taken back": "另一版本正在发布或回退",
        "another version's gray release is under way": "另一版本正在灰度发布",
        "released when RELEASE_WINDOW opens": "到 RELEASE_WINDOW 时段发布",
        "rolling out to {percent} %": "灰度中（{percent}%）",
        "the release did not take effect": "发布未生效",
        "the gray release was taken back": "灰度已撤回",
        "the gray release went to everybody before it was taken back": "灰度在撤回之前已全量",
        "everybody has the version before again": "所有用户已恢复到上一版本",
        "{version} went online since": "之后 {version} 已上线",
        "its row finds it": "由对应的版本记录处理",
        "decided before weaudit first looked at it": "在 weaudit 首次查询之前已有结果",
        "its row is gone": "版本记录已不存在",
        "nothing to do": "无需处理",
        "somebody else is at this mini program": "该小程序正在由其他任务处理",
        "{type} is no approval": "{type} 不是审核通过",
        "{type} is no rejection": "{type} 不是审核不通过",
        "{type} is no plan": "{type} 不是提审计划",
        "{type} is no authorization": "{type} 不是授权事件",
        "{endpoint}: {its_version}": "{endpoint}：{its_version}",
        # What people said, or policy.
        "a person ordered something else since": "之后有人下了新的指令",
        "a person said {wanted}, so it is not submitted again by itself": "已有人工指令“{wanted}”，不会自动重新提交",
        "hold": "暂缓",
        "withdraw": "撤回",
        "take_back": "回退",
        "held by a person": "已由人工暂缓",
        "a person said {wanted}": "已有人工指令“{wanted}”",
        "weaudit did not submit it": "不是 weaudit 提交的",
        "submitted again: {number}": "已重新提交：{number}",
        "submitted again: {state}": "已重新提交：{state}",
        "approved before it was withdrawn": "撤回之前已通过",
        "a person releases it: {command}": "需人工发布：{command}",
        "ON_AUDIT_SUCCESS=hold: approved, and a person releases it: {command}": (
            "ON_AUDIT_SUCCESS=hold：已通过，需人工发布：{command}"
        ),
        "ON_AUDIT_FAIL=hold: a person decides": "ON_AUDIT_FAIL=hold：由人工决定",
        "RESUBMIT_REASONS does not match {reason}": "RESUBMIT_REASONS 不匹配 {reason}",
        "a person decides": "请人工决定",
        "submitted {number} times": "已提交 {number} 次",
        "{setting} allows no more": "{setting} 不允许再提交",
        "weaudit did not submit review {auditid}, so it does not know what to submit again": (
            "审核 {auditid} 不是 weaudit 提交的，因此不知道重新提交什么"
        ),
        "paused": "已暂停",
        "paused: {reason}": "已暂停：{reason}",
        "dismissed by a person: {note}": "已由人工放弃：{note}",
        "a version went online since: {note}": "之后已有版本上线：{note}",
        # Where a person must look.
        "{version} is not the trial version any more: {found} was committed": "体验版不再是 {version}（现为：{found}）",
        "a person decides which is submitted": "请人工决定提交哪个版本",
        "nothing": "无",
        "version {version} ({description})": "{version}（{description}）",
        "while {version} was submitted, somebody else submitted {other} (review {auditid})": (
            "提交 {version} 时，他人提交了 {other}（审核 {auditid}）"
        ),
        "review {auditid} is of {other} ({description}), not of what weaudit committed": (
            "审核 {auditid} 的代码是 {other}（{description}），不是 weaudit 上传的版本"
        ),
        "{version} is in review as {auditid} and once more as {number}: WeChat took a lost call late. Once {again} is "
        "approved, it is released only if you type: {command}": (
            "{version} 已有审核 {auditid}，微信又延迟受理了一次（{number}）。{again} 通过后如需发布请执行：{command}"
        ),
        "{version}: WeChat says 85009, another review is under way, and shows none": (
            "{version}：微信返回 85009（已有正在审核的版本），但查询不到"
        ),
        "WeChat does not know review {auditid} any more": "微信查询不到审核 {auditid}",
        "review {auditid} came after {number} and is {state}: WeChat releases only what is approved and newest": (
            "审核 {auditid} 晚于 {number}，{state}：微信只发布最近一次且已通过的版本"
        ),
        "submit it once more": "请重新提交",
        "WeChat shows review {auditid} approved and will not release it ({note})": (
            "审核 {auditid} 已通过，但微信未能发布（{note}）"
        ),
        "see mp.weixin.qq.com": "请到 mp.weixin.qq.com 查看",
        "see mp.weixin.qq.com, then type: {command}": "请到 mp.weixin.qq.com 查看后执行：{command}",
        "see mp.weixin.qq.com, then submit it again, or type: {command}": (
            "请到 mp.weixin.qq.com 查看后重新提交，或执行：{command}"
        ),
        "see mp.weixin.qq.com (VERSION_MARK=1 makes them differ)": (
            "请到 mp.weixin.qq.com 查看（设置 VERSION_MARK=1 可避免）"
        ),
        "review {auditid} ({version}) is approved, and a first version cannot be a gray release: nothing is online "
        "yet. To release it to all, type: {command}": (
            "审核 {auditid}（{version}）已通过。首个版本不能灰度发布（尚无线上版本），全量发布请执行：{command}"
        ),
        "WeChat calls {version} released while {other} is online: perhaps its submission had failed, or somebody "
        "released another": "微信称 {version} 已发布，但线上版本是 {other}：可能当时提审失败，或他人发布了其他版本",
        "{found} has the version and description of {version}, and no mark tells whether it is that": (
            "{found} 与 {version} 的版本号和描述相同，无法区分"
        ),
        "review {auditid}": "审核 {auditid}",
        "what is online": "线上版本",
        "WeChat answered twice that review {auditid} is withdrawn, and still shows it under way": (
            "微信两次返回审核 {auditid} 已撤回，但仍显示审核中"
        ),
        "{version} cannot be taken back: {found} is online": "{version} 无法回退：线上版本是 {found}",
        "{version} was rolled back a minute ago, and WeChat still shows it online. weaudit does not call again, which "
        "could go one version further": (
            "{version} 的回退已提交一分钟，微信仍显示其在线。为避免多回退一个版本，weaudit 不再调用"
        ),
        "{version} cannot be rolled back while another version's gray release is under way: take that back first": (
            "{version} 暂时无法回退：另一版本正在灰度发布，请先撤回灰度"
        ),
        "the code that was committed to {appid} has no page": "已上传到 {appid} 的代码没有页面",
        "{appid} has no category of two levels": "{appid} 没有二级类目",
        "add one at mp.weixin.qq.com": "请在 mp.weixin.qq.com 添加",
        "WeChat sends what belongs to a mini program to /callback/authorization: at open.weixin.qq.com, set "
        "消息与事件接收URL to …/callback/message/$APPID$": (
            "消息与事件接收URL 配置有误：请在 open.weixin.qq.com 设置为 …/callback/message/$APPID$"
        ),
        # Authorizations.
        "{app} is authorized": "{app} 已授权",
        "{app} took its authorization back": "{app} 已取消授权",
        "its tokens are forgotten": "其令牌已删除",
        "WeChat has said something newer about this authorization": "微信对该授权已有更新的通知",
        "{appid} has to authorize again: there is neither a code nor a token": (
            "{appid} 需重新授权：既没有授权码也没有令牌"
        ),
        "{appid} does not authorize the platform, or not any more": "{appid} 未授权给平台，或已取消授权",
        "its merchant has to authorize it": "请商户重新授权",
        "no message of WeChat's publish check": "不是全网发布检测的消息",
        "a message of WeChat's publish check that needs no more than its answer": "全网发布检测的消息，已即时应答",
        "WeChat's publish check: the code of {appid} was sent back": "全网发布检测：{appid} 的授权码已回传",
        "there is no verify ticket younger than 12 hours": "没有 12 小时以内的 component_verify_ticket",
        "WeChat pushes one every 10 minutes to /callback/authorization, or does not reach it": (
            "微信每 10 分钟推送一次到 /callback/authorization，或无法访问该地址"
        ),
        "the app secret is wrong": "AppSecret 错误",
        "check WECHAT_COMPONENT_SECRET": "请检查 WECHAT_COMPONENT_SECRET",
        # Notifications.
        "told {whom}": "已通知 {whom}",
        "told {whom}, with {number} more": "已通知 {whom}，连同另外 {number} 条",
        "told {whom}, the rest later": "已通知 {whom}，其余稍后",
        "told {whom}, with {number} more, the rest later": "已通知 {whom}，连同另外 {number} 条，其余稍后",
        "told together with others, or when WeChat was asked for it": "已与其他消息一并通知，或在向微信查询时已通知",
        "told together with what comes meanwhile": "与期间的其他消息一并通知",
        "people were just told something": "刚刚已通知过",
        "people are just being told something else of this mini program": "正在通知该小程序的其他消息",
        "not told yet, and tried again: {whom}": "尚未通知到，将重试：{whom}",
        "not told, and tried again: {whom}": "未通知到，将重试：{whom}",
        "that a notification failed cannot be told by a notification": "通知失败无法再用通知告知",
        "NOTIFY_URLS is not set": "未设置 NOTIFY_URLS",
        "NOTIFY_URLS is not set, and only graver things are told": "未设置 NOTIFY_URLS，只通知更严重的事项",
        "nothing that people need to be told: the release will be": "无需通知：发布时会通知",
        # What went wrong, and what follows.
        "too many calls this minute, so it was not called again": "本分钟调用次数过多，未再调用",
        "asking again would not help": "重试无用",
        "tried {number} times": "已尝试 {number} 次",
        "not before {time}": "不早于 {time}",
        "taken up {number} times and never ended: it seems to kill its worker": (
            "已取出 {number} 次都未结束：可能会使 worker 崩溃"
        ),
        "the database does not take what was to be written: {error}": "数据库无法写入该内容：{error}",
        "its outcome cannot be written down: {error}": "结果无法写入：{error}",
        "this version of weaudit cannot read the stored message: {error}": "当前 weaudit 版本读不出所存消息：{error}",
        "its push is no longer there: somebody deleted it": "对应的推送已被删除",
        "cannot be published: no broker takes it as it is": "无法发布：消息队列不接受该消息",
        "not confirmed: a queue that is bound to the exchange does not take it": "未确认：绑定到交换机的某个队列不接受",
        "refused by a queue that is full": "被已满的队列拒绝",
        "WeChat answers too slowly: what it shows is out of date before anything can be called": (
            "微信响应过慢，稍后重试"
        ),
        "{number} steps at {appid}, and no end: what WeChat shows changes all the time": (
            "{appid} 已执行 {number} 步仍未结束：微信返回的状态一直在变"
        ),
        "somebody else is at it ({lease}), and takes too long": "其他任务正在处理（{lease}），等待过久",
        "somebody else fetches a new token, and that takes too long": "其他任务正在获取新令牌，等待过久",
        "WeChat was busy until no time was left": "微信一直繁忙，已超时",
        "WeChat cannot be reached: {error}": "无法连接微信：{error}",
        "WeChat did not answer within {seconds} s": "微信在 {seconds} 秒内没有应答",
        "WeChat did not answer: {error}": "微信没有应答：{error}",
        "the answer (HTTP {number}) is not WeChat's": "应答（HTTP {number}）不是来自微信",
        "the answer is not WeChat's: its errcode is {error}": "应答不是来自微信：errcode 为 {error}",
        "the answer {why}": "无法读取微信的应答：{why}",
        "has another shape than WeChat's: {error}": "格式与微信文档不符：{error}",
    }
)
