"""A back end with Meta's business SDK for Python. Only the base address is not Meta's."""

import json
import os
import time

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.app_data import AppData
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.extended_device_info import ExtendedDeviceInfo
from facebook_business.adobjects.serverside.messaging_channel import MessagingChannel
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

KEY, DATASET, RUN = (os.environ[name] for name in ("BRIDGE_KEY", "DATASET", "RUN"))
FacebookSession.GRAPH = os.environ["BRIDGE_URL"]
FacebookAdsApi.init(access_token=KEY, app_secret="0123456789abcdef0123456789abcdef", crash_log=False)

NOW = int(time.time())


def purchase(order, source, **more):
    """A purchase without an event id: its order's is that of the browser's copy."""
    of = dict(
        event_name="Purchase",
        event_time=NOW,
        action_source=source,
        event_source_url="https://shop.example/thanks",
        user_data=UserData(
            emails=["Jane@Example.com "],
            external_ids=["user-" + RUN],
            client_user_agent="Mozilla/5.0",
            client_ip_address="8.8.4.4",
        ),
        custom_data=CustomData(
            order_id=order, value=59.9, currency="EUR", contents=[Content(product_id="SKU-1", quantity=1)]
        ),
    )
    return Event(**{**of, **more})


def of_app(order):
    device = ExtendedDeviceInfo(ext_info_version="a2", os_version="15")
    return purchase(
        order, ActionSource.APP, app_data=AppData(advertiser_tracking_enabled=True, extinfo=device)
    )


def of_whatsapp(order):
    user = UserData(page_id="1", ctwa_clid="Aff-n8ZTODiE79d22KtAwQKj9e")
    return purchase(
        order, ActionSource.BUSINESS_MESSAGING, messaging_channel=MessagingChannel.WHATSAPP, user_data=user
    )


def executed(*events, **more):
    """What the SDK makes of an answer, or of an error."""
    try:
        answer = EventRequest(pixel_id=DATASET, events=list(events), **more).execute()
        return {
            "events_received": answer.events_received,
            "messages": list(answer.messages),
            "fbtrace_id": answer.fbtrace_id,
        }
    except FacebookRequestError as error:
        return {
            "name": type(error).__name__,
            "status": error.http_status(),
            "message": error.api_error_message(),
            "error": {
                "code": error.api_error_code(),
                "error_subcode": error.api_error_subcode(),
                "is_transient": error.api_transient_error(),
                "error_data": {"blame_field_specs": error.api_blame_field_specs()},
            },
        }


PLAIN = [
    ActionSource.WEBSITE,
    ActionSource.PHYSICAL_STORE,
    ActionSource.PHONE_CALL,
    ActionSource.CHAT,
    ActionSource.EMAIL,
    ActionSource.SYSTEM_GENERATED,
    ActionSource.OTHER,
]
old = dict(event_time=NOW - 8 * 86_400)
said = {
    "one": executed(
        purchase("one-" + RUN, ActionSource.WEBSITE), test_event_code="TEST12345", partner_agent="shop-1.0"
    ),
    "sources": executed(
        *[purchase(source.value + "-" + RUN, source) for source in PLAIN],
        of_app("app-" + RUN),
        of_whatsapp("whatsapp-" + RUN),
    ),
    "partly": executed(
        purchase("old-" + RUN, ActionSource.EMAIL, **old), purchase("good-" + RUN, ActionSource.EMAIL)
    ),
    "refused": executed(purchase("old-" + RUN, ActionSource.EMAIL, **old)),
}
FacebookAdsApi.init(access_token="EAABsbCS1234TOKEN", crash_log=False)
said["stranger"] = executed(purchase("x-" + RUN, ActionSource.EMAIL))
print(json.dumps(said))
