"""模板管理: drafts become templates.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/thirdparty-management/template-management/addToTemplate.html
"""

from typing import Any

from service.simulator.library import ORDINARY, Template
from service.simulator.refusal import Refusal
from service.simulator.world import World


def gettemplatedraftlist(world: World) -> Any:
    """List the drafts."""
    drafts = [
        {
            "create_time": draft.create_time,
            "user_version": draft.user_version,
            # Misspelt, as in WeChat's example.
            "user_Desc": draft.user_desc,
            "draft_id": draft.draft_id,
        }
        for draft in world.drafts.values()
    ]
    return {"draft_list": drafts}


def addtotemplate(world: World, draft_id: int, template_type: int = ORDINARY) -> Any:
    """Make a template of a draft."""
    draft = world.drafts.get(draft_id)
    if draft is None:
        raise Refusal(85064)
    if len(world.templates) >= world.limits.templates:
        raise Refusal(85065)
    template_id = max(world.templates, default=0) + 1
    world.templates[template_id] = Template(template_id, draft, template_type=template_type)
    return {}


def gettemplatelist(world: World, template_type: int | None = None) -> Any:
    """List the templates."""
    templates = [
        {
            "create_time": template.draft.create_time,
            "user_version": template.draft.user_version,
            "user_desc": template.draft.user_desc,
            "template_id": template.template_id,
            "draft_id": template.draft.draft_id,
            "template_type": template.template_type,
        }
        for template in world.templates.values()
        if template_type in (None, template.template_type)
    ]
    return {"template_list": templates}


def deletetemplate(world: World, template_id: int) -> Any:
    """Delete a template."""
    if world.templates.pop(template_id, None) is None:
        raise Refusal(85064)
    return {}
