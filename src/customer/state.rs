//! `st`: states and provinces.

use super::city::business_sdk;
use super::country::Country;
use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: the two-letter code in the United States, elsewhere the name in lower case without
/// punctuation, special characters and spaces. Meta's parameter builder has codes for Canada's
/// provinces too: the code, then the name as documented, so that `ON` and `Ontario` share a hash.
///
/// Names are looked up whole, and not at all for other countries: Florida is in Uruguay as well.
/// The parameter builder's two first letters of any other name (`ba` for Bayern) are no code of
/// anyone's and are not sent.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let name = letters(clean, options);
    if !name.contains(char::is_alphabetic) {
        return Err(Reason::NO_LETTERS);
    }
    if Country::of(options).is_none_or(|country| matches!(country.code(), "us" | "ca")) {
        // ISO 3166-2: US-CA, CA-ON.
        if let Some(code) = clean.strip_prefix("us-").or_else(|| clean.strip_prefix("ca-"))
            && code.len() == 2
            && code.bytes().all(|byte| byte.is_ascii_lowercase())
        {
            return Ok(vec![code.to_owned()]);
        }
        if let Some(code) = code_in(UNITED_STATES, &name) {
            return Ok(vec![code.to_owned()]);
        }
        if let Some(code) = code_in(CANADA, &name) {
            return Ok(vec![code.to_owned(), name]);
        }
    }
    Ok(vec![name, business_sdk(clean, options)])
}

/// The two letters before the colon of the row that has the name.
fn code_in(table: &'static str, name: &str) -> Option<&'static str> {
    table.split(' ').find_map(|row| {
        let (code, names) = row.split_once(':')?;
        names.split(',').any(|known| known == name).then_some(code)
    })
}

/// States, the district, territories, postal codes of the forces (ANSI INCITS 38).
const UNITED_STATES: &str = "al:alabama ak:alaska az:arizona ar:arkansas ca:california co:colorado \
    ct:connecticut de:delaware dc:districtofcolumbia,washingtondc,washingtondistrictofcolumbia \
    fl:florida ga:georgia hi:hawaii,hawaiʻi id:idaho il:illinois in:indiana ia:iowa ks:kansas ky:kentucky la:louisiana \
    me:maine md:maryland ma:massachusetts mi:michigan mn:minnesota ms:mississippi mo:missouri \
    mt:montana ne:nebraska nv:nevada nh:newhampshire nj:newjersey nm:newmexico ny:newyork,newyorkstate \
    nc:northcarolina nd:northdakota oh:ohio ok:oklahoma or:oregon pa:pennsylvania ri:rhodeisland \
    sc:southcarolina sd:southdakota tn:tennessee tx:texas ut:utah vt:vermont va:virginia \
    wa:washington,washingtonstate wv:westvirginia wi:wisconsin wy:wyoming as:americansamoa gu:guam \
    mp:northernmarianaislands pr:puertorico vi:usvirginislands,virginislands,unitedstatesvirginislands \
    aa:armedforcesamericas ae:armedforceseurope ap:armedforcespacific";

const CANADA: &str = "ab:alberta bc:britishcolumbia,colombiebritannique mb:manitoba \
    nb:newbrunswick,nouveaubrunswick nl:newfoundlandandlabrador,newfoundland,labrador,terreneuveetlabrador \
    nt:northwestterritories,territoiresdunordouest ns:novascotia,nouvelleécosse,nouvelleecosse nu:nunavut \
    on:ontario pe:princeedwardisland,îleduprinceédouard,ileduprinceedouard \
    qc:quebec,québec sk:saskatchewan yt:yukon,yukonterritory";
