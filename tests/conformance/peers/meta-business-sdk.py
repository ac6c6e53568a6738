"""Meta's business SDK for Python (facebook_business), run by the conformance suite."""

from facebook_business.adobjects.serverside.user_data import UserData

from answer import Unsupported, answer

# Its parameters for Meta's keys.
NAMES = {
    "em": "email",
    "ph": "phone",
    "fn": "first_name",
    "ln": "last_name",
    "db": "date_of_birth",
    "ge": "gender",
    "ct": "city",
    "st": "state",
    "zp": "zip_code",
    "country": "country_code",
    "external_id": "external_id",
}


def hashes(given):
    field = given["field"]
    # It does not hash an external id, knows no country of a phone number, and takes a gender as an enumeration.
    if "defaultCountry" in given or field in ("external_id", "ge"):
        raise Unsupported
    try:
        normalized = UserData(**{NAMES[field]: given["value"]}).normalize()
    except Exception:
        # It raises for a value that it does not accept. The event is lost, but nothing wrong is sent.
        return {"hashes": []}
    found = normalized.get(field) or []
    return {"hashes": found if isinstance(found, list) else [found]}


answer({field: hashes for field in NAMES})
