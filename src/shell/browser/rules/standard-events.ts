// Meta's standard events. (Meta, "Specifications for Meta Pixel standard events")

const CONVERSION =
  /^(CompleteRegistration|Contact|Lead|Purchase|Schedule|StartTrial|SubmitApplication|Subscribe)$/;
const OTHER =
  /^(Add(PaymentInfo|To(Cart|Wishlist))|CustomizeProduct|Donate|FindLocation|InitiateCheckout|PageView|Search|ViewContent)$/;

/** Returns true for a standard event that is a conversion. */
export const isConversion = (eventName: string): boolean => CONVERSION.test(eventName);

/** Returns true for a standard event. The pixel wants its name with `track`, all others with `trackCustom`. */
export const isStandard = (eventName: string): boolean => isConversion(eventName) || OTHER.test(eventName);
