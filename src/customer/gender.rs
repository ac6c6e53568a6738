//! `ge`: `f` or `m`.

use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: `f` or `m`. Words for them in the languages that forms are commonly written in; anything else
/// is neither, and Meta has no letter for it.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let word = letters(clean, options);
    let is_in = |words: &str| words.split(' ').any(|known| known == word);
    if is_in(FEMALE) {
        Ok(vec!["f".to_owned()])
    } else if is_in(MALE) {
        Ok(vec!["m".to_owned()])
    } else {
        Err(Reason::NOT_A_GENDER)
    }
}

const FEMALE: &str = "f w female fem woman women girl lady she her sheher mrs ms miss madam \
    frau weiblich femme féminin féminine feminin madame fille mujer femenino femenina chica señora \
    mulher feminino feminina senhora donna femmina femminile signora vrouw vrouwelijk mevrouw kvinna \
    kvinne kvinde kvinnlig kvinnelig nainen kobieta żeńska žena ženský női nő kadın женский женщина ж \
    жіноча жінка γυναίκα θήλυ 女 女性 女士 여 여성 여자 أنثى امرأة נקבה אישה महिला स्त्री หญิง nữ";

const MALE: &str = "m male man men boy guy gentleman he him hehim mr sir \
    mann männlich maennlich herr homme masculin monsieur garçon hombre masculino masculina varón \
    varon chico señor homem senhor uomo maschio maschile signore mannelijk meneer heer manlig mannlig \
    mandlig mies mężczyzna męska muž mužský férfi erkek мужской мужчина м чоловіча чоловік άνδρας \
    άρρεν 男 男性 先生 남 남성 남자 ذكر رجل זכר גבר पुरुष ชาย nam";
