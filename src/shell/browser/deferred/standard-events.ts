// Meta's standard events: the pixel wants their names with `track`, all others with `trackCustom`.

const STANDARD =
  /^(Add(PaymentInfo|To(Cart|Wishlist))|CompleteRegistration|Contact|CustomizeProduct|Donate|FindLocation|InitiateCheckout|Lead|PageView|Purchase|Schedule|Search|StartTrial|SubmitApplication|Subscribe|ViewContent)$/;

/** Returns true for the name of a standard event. */
export const isStandard = (eventName: string): boolean => STANDARD.test(eventName);
