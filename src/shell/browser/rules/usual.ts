// Recognises settings without a mistake, so that most pages never load the part with the warnings.

/** Matches the JSON of such settings. JSON leaves out undefined values and has `{}` for a RegExp. */
const USUAL =
  /^{("(endpoint|consent)":"[^"]+"|"datasets":\[[\d",]+]|"attach":{("to":\[("(same-origin|!\/[^"]*|http[^/"]+..[^/"]+)"|{}|,)*])?}|"pixel":"(mirror|drive|off)"|"globalPrivacyControl":"(deny|limit)"|"debug":false|,)*}$/;

/** Returns false if the settings may hold a mistake. The part with the warnings then loads and looks for it. */
export const isUsual = (settings: object): boolean => USUAL.test(JSON.stringify(settings));
