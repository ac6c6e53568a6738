// The checks of `capi-bridge doctor`, in their order.

import { createHash, randomUUID } from "node:crypto";
import { whyUnreachable } from "../../serve/reach.ts";
import { messageOf } from "../../serve/errors.ts";
import {
  type Checked,
  checkKeys,
  misspelt,
  secretNames,
  withoutDataset,
  withoutToken,
} from "../../serve/settings.ts";
import { judgeClock } from "./clock.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { type Access, type Answer, ask, errorOf, inWords, NoAnswer } from "./graph.ts";
import { judgeToken } from "./token.ts";

const META = "https://graph.facebook.com";

/** The parts of the configuration that only the doctor reads. The worker's rules have checked them. */
interface Text {
  allowedOrigins?: string[];
  testEventCode?: string;
}

/** Checks the set-up. Calls `found` for each finding, as it is found. */
export async function check(
  configuration: Checked,
  environment: NodeJS.ProcessEnv,
  file: string,
  testEventCode: string | undefined,
  found: (finding: Finding) => void,
): Promise<void> {
  const { datasets, graphUrl, graphVersion, text } = configuration;
  const { allowedOrigins = [], testEventCode: configured } = JSON.parse(text) as Text;
  checkKeys(configuration, environment);
  found(ok("configuration", `${file} is valid: ${datasets.length} dataset(s), ${graphVersion}.`));
  for (const finding of judgeSecrets(configuration, environment)) found(finding);
  if (configured !== undefined) {
    const says = `testEventCode is set. The events show under Test Events, and they count all the same.`;
    found(warning("configuration", says, "Remove it in production."));
  }
  if (new URL(graphUrl).origin !== META) {
    found(warning("graphUrl", `Events go to ${graphUrl}, not to Meta.`, "Remove graphUrl in production."));
  }
  await checkOrigins(allowedOrigins, found);
  if (!(await isReachable(graphUrl, found))) return;
  let hasClock = false;
  for (const dataset of datasets) {
    const token = secretOf(environment, "META_ACCESS_TOKEN", dataset);
    if (token === undefined) continue;
    const appSecret = secretOf(environment, "META_APP_SECRET", dataset);
    const access: Access = { graphUrl, version: graphVersion, token, appSecret };
    try {
      const answer = await ask(access, "/debug_token", { input_token: token });
      if (!hasClock) for (const finding of judgeClock(answer, Date.now())) found(finding);
      hasClock = true;
      for (const finding of await checkToken(access, dataset, answer)) found(finding);
      if (testEventCode !== undefined)
        found(await sendTestEvent(access, dataset, testEventCode, allowedOrigins));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      found(
        problem(
          `token of ${dataset}`,
          `${graphUrl} does not answer (${error.message}).`,
          "Check the network and the firewall, and try again.",
        ),
      );
    }
  }
}

const secretOf = (environment: NodeJS.ProcessEnv, name: string, dataset: string) =>
  [environment[`${name}_${dataset}`], environment[name]].find((value) => value !== undefined && value !== "");

function judgeSecrets(configuration: Checked, environment: NodeJS.ProcessEnv): Finding[] {
  const secrets = secretNames(environment);
  const findings: Finding[] = [];
  if (secrets.length > 0) findings.push(ok("secrets", `Set: ${secrets.join(", ")}.`));
  for (const dataset of withoutToken(configuration.datasets, secrets)) {
    findings.push(
      problem(
        `token of ${dataset}`,
        "There is none, so the events of this dataset wait.",
        `Make one in Events Manager, in the settings of the dataset, and set META_ACCESS_TOKEN or META_ACCESS_TOKEN_${dataset}.`,
      ),
    );
  }
  for (const name of withoutDataset(configuration, secrets)) {
    findings.push(
      warning(
        "secrets",
        `${name} is of no use: "datasets" does not list the dataset in its name.`,
        "Correct one of them.",
      ),
    );
  }
  for (const [name, meant] of misspelt(environment)) {
    findings.push(warning("secrets", `${name} is unknown.`, `Did you mean ${meant}?`));
  }
  if (!secrets.includes("BRIDGE_KEY")) {
    findings.push(
      warning(
        "secrets",
        "BRIDGE_KEY is not set: only pages can send, and there is no status.",
        "If servers send here, set it to the output of: openssl rand -hex 32",
      ),
    );
  }
  return findings;
}

async function checkOrigins(origins: string[], found: (finding: Finding) => void): Promise<void> {
  if (origins.length === 0) {
    found(
      warning(
        "origins",
        "allowedOrigins is empty: no page may send events.",
        "List the origins of your pages, unless only servers send.",
      ),
    );
  }
  for (const origin of origins) {
    const { protocol, hostname } = new URL(origin);
    const isLocal = /^(localhost|127\.|\[::1\])/.test(hostname) || hostname.endsWith(".localhost");
    const why = await whyUnreachable(origin).catch(messageOf);
    if (why !== undefined) {
      found(
        warning(
          "origins",
          `Nothing answers at ${origin} from here (${why}).`,
          "Check its spelling in allowedOrigins.",
        ),
      );
    } else if (protocol === "http:" && !isLocal) {
      found(
        warning(
          "origins",
          `${origin} is not https: its cookies are not Secure, and anyone on the way can read them.`,
          "Serve the site by https.",
        ),
      );
    } else found(ok("origins", `${origin} answers.`));
  }
}

async function isReachable(graphUrl: string, found: (finding: Finding) => void): Promise<boolean> {
  const why = await whyUnreachable(graphUrl).catch(messageOf);
  if (why === undefined) return true;
  found(
    problem(
      "graphUrl",
      `Nothing answers at ${graphUrl} (${why}), so events wait on disk.`,
      "Check the address, DNS and the firewall.",
    ),
  );
  return false;
}

async function checkToken(access: Access, dataset: string, described: Answer): Promise<Finding[]> {
  const about = `token of ${dataset}`;
  const judged = judgeToken(described, dataset, Date.now() / 1000);
  if (judged?.some(({ level }) => level === "problem")) return judged;
  const findings = judged ?? [];
  if (judged === undefined) {
    // Some tokens may not ask about themselves. `/me` tells whether they live.
    const answer = await ask(access, "/me");
    const error = errorOf(answer);
    if (answer.body === undefined || (error === undefined && answer.status !== 200)) {
      const says = `${access.graphUrl} does not answer as the Graph API does (status ${answer.status}).`;
      return [
        warning(
          about,
          says,
          "Check graphUrl. A sandbox takes any token, and a proxy may answer in Meta's place.",
        ),
      ];
    }
    if (error !== undefined) {
      const { says, todo } = inWords(error);
      return [problem(about, says, todo)];
    }
    findings.push(
      warning(
        about,
        "Meta accepts it, and does not tell this token when it ends.",
        "Look for its date in the business settings, under System users.",
      ),
    );
  }
  findings.push(await checkDataset(access, dataset));
  return findings;
}

/** Reads the quality of the dataset, which changes nothing. Not every token may. */
async function checkDataset(access: Access, dataset: string): Promise<Finding> {
  const about = `dataset ${dataset}`;
  const answer = await ask(access, "/dataset_quality", { dataset_id: dataset, fields: "web{event_name}" });
  const error = errorOf(answer);
  if (answer.status === 200 && error === undefined) return ok(about, "The token may use it.");
  if (error?.subcode === 33 || error?.code === 190) {
    const { says, todo } = inWords(error);
    return problem(about, says, todo);
  }
  return warning(
    about,
    `This token may not read its quality, so that the dataset was not checked${error === undefined ? "" : ` (code ${error.code})`}.`,
    "Send a test event: --send-test-event CODE, with the code in Events Manager under Test Events.",
  );
}

/** Sends one event of a name of its own, so that no standard event counts one more. */
async function sendTestEvent(
  access: Access,
  dataset: string,
  code: string,
  [origin = "https://example.com"]: string[],
): Promise<Finding> {
  const about = `dataset ${dataset}`;
  const event = {
    event_name: "CapiBridgeDoctor",
    event_time: Math.floor(Date.now() / 1000),
    event_id: randomUUID(),
    action_source: "website",
    event_source_url: `${origin}/`,
    user_data: {
      client_user_agent: "capi-bridge doctor",
      external_id: [createHash("sha256").update("capi-bridge doctor").digest("hex")],
    },
  };
  const answer = await ask(access, `/${dataset}/events`, {}, { data: [event], test_event_code: code });
  const error = errorOf(answer);
  if (error === undefined && answer.status === 200 && answer.body?.["events_received"] === 1) {
    return ok(
      about,
      `Meta took a test event named CapiBridgeDoctor. Look for it under Test Events, code ${code}.`,
    );
  }
  if (error === undefined) {
    const says = `${access.graphUrl} does not answer a test event as the Graph API does (status ${answer.status}).`;
    return problem(about, says, "Check graphUrl: a proxy may answer in Meta's place.");
  }
  const { says, todo } = inWords(error);
  return problem(about, `A test event was refused. ${says}`, todo);
}
