// Settings that need no second look.

/** Settings as JSON, which leaves out what is undefined and writes a RegExp as `{}`. */
const USUAL =
  /^{("(endpoint|consent)":"[^"]+"|"datasets":\[[\d",]+]|"attach":{("to":\[("(same-origin|!\/[^"]*|http[^/"]+..[^/"]+)"|{}|,)*])?}|"pixel":"(mirror|drive|off)"|"globalPrivacyControl":"(deny|limit)"|"debug":(true|false)|,)*}$/;

/** False where the settings may hold a mistake: then the part with the warnings loads and looks for it. */
export const isUsual = (settings: object): boolean => USUAL.test(JSON.stringify(settings));
