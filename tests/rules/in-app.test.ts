// Tests which in-app browsers are asked for a click id at `properties://`.

import { expect, test } from "vitest";
import { lendsClicks } from "../../src/shell/browser/rules/in-app.ts";

const ANDROID =
  "Mozilla/5.0 (Linux; Android 10; SM-G960U Build/QP1A.190711.020; wv) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Version/4.0 Chrome/108.0.5359.153 Mobile Safari/537.36";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

test.each([
  [`${ANDROID} [FB_IAB/FB4A;FBAV/397.0.0.0.145;]`, true],
  [`${ANDROID} [FB_IAB/FB4A;FBAV/396.9.9.9.999;]`, false],
  [`${ANDROID} [FB_IAB/Orca-Android;FBAV/440.0.0.10.108;]`, true],
  [`${ANDROID} [FB_IAB/FB4A;]`, false],
  [`${ANDROID} [FBAN/EMA;FBAV/400.0.0.1.1;]`, false],
  [`${ANDROID} Instagram 264.0.0.22.106 Android (29/10; 480dpi; 1080x2076; samsung; SM-G960U)`, true],
  [`${ANDROID} Instagram 263.2.0.19.104 Android (29/10; 480dpi; 1080x2076; samsung; SM-G960U)`, false],
  [`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/440.0.0.31.105;]`, false],
  [`${IPHONE} Mobile/15E148 Instagram 312.1.2.28.109 (iPhone14,5; iOS 17_1)`, false],
  [ANDROID, false],
  ["", false],
])("%s: %s", (userAgent, lends) => expect(lendsClicks(userAgent)).toBe(lends));
