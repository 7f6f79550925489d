from tests.conftest import Wechat
from tests.service.simulator.conftest import Caller


def test_drafts_become_templates(platform: Caller, wechat: Wechat) -> None:
    """As many as the library holds; and templates can be deleted."""
    assert platform.get("/wxa/gettemplatedraftlist")["draft_list"][0]["user_Desc"] == "the first draft"
    assert platform.post("/wxa/addtotemplate", {"draft_id": 9})["errcode"] == 85064
    assert platform.post("/wxa/addtotemplate", {"draft_id": 0, "template_type": 1})["errcode"] == 0
    assert [each["template_id"] for each in platform.get("/wxa/gettemplatelist")["template_list"]] == [1, 2]
    assert [each["template_id"] for each in platform.get("/wxa/gettemplatelist", template_type=1)["template_list"]] == [
        2
    ]
    wechat.world.limits.templates = 2
    assert platform.post("/wxa/addtotemplate", {"draft_id": 0})["errcode"] == 85065
    assert platform.post("/wxa/deletetemplate", {"template_id": 2})["errcode"] == 0
    assert platform.post("/wxa/deletetemplate", {"template_id": 2})["errcode"] == 85064
    assert platform.post("/wxa/gettemplatelist")["errcode"] == 43001
