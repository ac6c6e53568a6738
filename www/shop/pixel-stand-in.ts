// The pixel's script of the shop: Meta's stand-in, which reports to the sandbox that the page names.

import { takeOver } from "../pixel/stand-in.ts";
import { sandboxUrl } from "./model/page.ts";

takeOver(sandboxUrl());
