import { assert, assertEquals } from "@std/assert";
import type { ContractAnswer, Pause } from "../../supabase/functions/_shared/admin/answers.ts";
import { actText } from "../../dashboard/src/say/acts.ts";
import { candidateType, questionKinds } from "../../dashboard/src/pages/questions/words.ts";
import { agreementOf, type RecordAgreement } from "../../dashboard/src/say/agreement.ts";
import { channelSays, tokenSays } from "../../dashboard/src/say/connections.ts";
import { healthLook, type Part, tilesOf } from "../../dashboard/src/say/overview.ts";
import { meanwhileSentence, pauseSentence } from "../../dashboard/src/say/pause.ts";
import { studioLink, studioOf, zohoLink } from "../../dashboard/src/say/places.ts";
import { restingSentence } from "../../dashboard/src/say/resting.ts";
import { runningBadge } from "../../dashboard/src/say/running.ts";
import { noPeople, whoInZoho } from "../../dashboard/src/say/who.ts";
import { lastWritesOf } from "../../dashboard/src/say/writes.ts";
import { leadsTo, pagesIn } from "../../dashboard/src/ui/markdown_blocks.ts";
import { ago, creditsOf, goodStatus, identityOf, pausedBy, queueOf } from "../support/samples/status.ts";
import { first } from "./first_item.ts";

// States of the world, and what the page says of each: every sentence, tone and link derives from data that says just that.

const plain = (parts: readonly Part[]) =>
  parts.map((part) => typeof part === "string" ? part : `<${part.at ?? part.none ?? "never"}>`).join("");

// The overview

const looks: [what: string, broken: Parameters<typeof goodStatus>[0], look: string, isFresh?: boolean][] = [
  ["nothing wrong", {}, "good"],
  ["403 failed changes", queueOf({ dead: 403 }), "trouble"],
  ["one failed change", queueOf({ dead: 1 }), "trouble"],
  ["changes on their way", queueOf({ waiting: 3, oldestUnsentSeconds: 2 }), "busy"],
  ["a backfill that waits", queueOf({ waiting: 3 }), "busy"],
  ["an open question", { questions: { open: 1, oldestAt: null } }, "attention"],
  ["a company without an Account", { accountQuestions: { open: 1 } }, "attention"],
  ["a notice", { notices: { open: 1 } }, "attention"],
  ["a field that is missing in Zoho", { fieldProblems: { open: 1 } }, "attention"],
  ["an event that failed", { events: { open: 0, failed: 1, refusals24h: 0 } }, "attention"],
  ["a pause by hand", pausedBy("PAUSED_BY_HAND", null, true), "attention"],
  ["a pause of a few seconds", pausedBy("HTTP_503", ago(-1)), "attention"],
  ["a refused token", pausedBy("TOKEN_REFUSED", null), "trouble"],
  ["credits that are used up", creditsOf(0.97), "trouble"],
  ["a good status that is no longer fresh", {}, "stale", false],
];

for (const [what, broken, look, isFresh = true] of looks) {
  Deno.test(`the overview over ${what} looks ${look}`, () => {
    assertEquals(healthLook(goodStatus(broken), isFresh), look);
  });
}

Deno.test("the overview is not green over states that an older function's health lacks", () => {
  const { health } = goodStatus();
  for (
    const broken of [queueOf({ dead: 1 }), { questions: { open: 1, oldestAt: null } }, pausedBy("X", null)]
  ) {
    assert(healthLook({ ...goodStatus(broken), health }, true) !== "good");
  }
});

const oldest: [
  what: string,
  broken: Parameters<typeof goodStatus>[0],
  says: string,
  tone: string,
  to: string,
][] = [
  ["nothing waits and nothing failed", {}, "none waits: nothing waits, nothing failed", "good", "#/queue"],
  [
    "403 changes failed",
    queueOf({ dead: 403 }),
    "none waits: 403 changes failed and did not arrive",
    "bad",
    "#/problems",
  ],
  [
    "a question is open",
    { questions: { open: 1, oldestAt: null } },
    "none waits: 1 question not answered yet",
    "warn",
    "#/problems",
  ],
  [
    "only a backfill waits",
    queueOf({ waiting: 1200 }),
    "none is late: 1,200 of a backfill wait",
    "neutral",
    "#/queue",
  ],
  [
    "what waits is held by a person",
    queueOf({
      waiting: 3,
      held: 2,
      counts: [{ lane: 0, status: "pending", count: 3, oldestAt: ago(60), ageSeconds: 3600 }],
    }),
    "none is late: 3 wait; 2 records are held",
    "neutral",
    "#/queue",
  ],
  ["sending is paused", pausedBy("X", null), "none waits: sending is paused", "warn", "#/queue"],
];

for (const [what, broken, says, tone, to] of oldest) {
  Deno.test(`the oldest unsent change while ${what}`, () => {
    const tile = first(tilesOf(goodStatus(broken)));
    assertEquals([`${plain([tile.value])}: ${plain(tile.note)}`, tile.tone, tile.to], [says, tone, to]);
  });
}

Deno.test("every number of the overview opens a list, and failures open the failures", () => {
  const day = { ...goodStatus().day, failed: 7 };
  const tiles = tilesOf(goodStatus({ day }));
  assertEquals(tiles.filter(({ to }) => !to.startsWith("#/")), []);
  assertEquals(
    tiles.find(({ label }) => label.startsWith("Attempts"))?.to,
    `#/attempts?${new URLSearchParams({ status: "unsuccessful", from: day.hours[0]?.hour ?? "" })}`,
  );
});

// The header, and what the sync depends on

const badges: [what: string, broken: Parameters<typeof goodStatus>[0], text: string, isFresh?: boolean][] = [
  ["the sync writes", {}, "Running"],
  ["it is paused", pausedBy("X", null), "Paused"],
  ["it only observes", identityOf({ observingSince: ago(5) }), "Observing"],
  ["the database is another project's", identityOf({ isOwn: false }), "Not adopted"],
  ["the project does not answer", {}, "Not fresh", false],
];

for (const [what, broken, text, isFresh = true] of badges) {
  Deno.test(`the badge of every page while ${what}: ${text}`, () => {
    const badge = runningBadge(goodStatus(broken), isFresh);
    assertEquals(badge, { text, tone: text === "Running" ? "good" : "warn" } as typeof badge);
  });
}

Deno.test("a token and a channel that have expired are not called valid", () => {
  const { channels, at } = goodStatus();
  const token = { expiresAt: null, refreshedAt: ago(30), errorCode: null, errorAt: null };
  const channel = first(channels);
  const [ahead, past] = [ago(-30), ago(30)];
  assertEquals(
    [null, token, { ...token, expiresAt: ahead }, { ...token, expiresAt: past }].map(
      (each) => plain(tokenSays({ token: each, at })),
    ),
    [
      "none yet",
      "none yet",
      `valid, renewed before it expires <${ahead}>`,
      `expired <${past}>; renewed when it is needed`,
    ],
  );
  assertEquals(
    [[], [null], [ahead], [ahead, past]].map((ends) =>
      plain(channelSays({ channels: ends.map((expiresAt) => ({ ...channel, expiresAt })), at }))
    ),
    [
      "no channel; workflows only",
      "channel without an end",
      `channel renewed before it expires <${ahead}>`,
      `channel expired <${past}>`,
    ],
  );
});

Deno.test("a user of Zoho is called a person only where the connection's own user is known", () => {
  assertEquals(whoInZoho("5", noPeople), "User 5 in Zoho");
  assertEquals(whoInZoho("5", { names: {}, ownId: "1" }), "A person in Zoho (user 5)");
  assertEquals(whoInZoho("1", { names: {}, ownId: "1" }), "A workflow in Zoho");
});

// A pause

const pause: Pause = {
  code: "X",
  message: "",
  until: null,
  byHand: false,
  since: null,
  by: null,
  byName: null,
};
const pauses: [pause: Partial<Pause>, says: string][] = [
  [
    { byHand: true, byName: "Naledi Admin", since: "10:02", message: "Fields are being changed" },
    "Naledi Admin paused the sync <10:02>: “Fields are being changed”. It stays paused until a person resumes it.",
  ],
  [
    { byHand: true, message: "Lunch", until: "14:00" },
    "An operator paused the sync: “Lunch”. It resumes by itself <14:00>.",
  ],
  [
    { code: "HTTP_503", since: "10:02", until: "10:04" },
    "The sync paused itself <10:02> because Zoho does not answer (HTTP_503). It tries again by itself <10:04>.",
  ],
  [
    { code: "TOKEN_REFUSED" },
    "The sync paused itself because Zoho refuses the access token (TOKEN_REFUSED). " +
    "It stays paused until the cause is fixed and a person resumes it.",
  ],
  [
    { code: "NEW_CODE", message: "Something that no table knows." },
    "The sync paused itself because Something that no table knows (NEW_CODE). It stays paused until a person resumes it.",
  ],
];

for (const [given, says] of pauses) {
  Deno.test(`a pause says who or what, why, since and until: ${says.slice(0, 60)} …`, () => {
    assertEquals(plain(pauseSentence({ ...pause, ...given })), says);
  });
}

Deno.test("a question about a pause says what changed under it", () => {
  const says = (about: Pause | null, now: Pause | null) =>
    plain(meanwhileSentence(about, now) ?? ["nothing"]);
  const lunch = { ...pause, byHand: true, code: "PAUSED_BY_HAND", message: "Lunch", since: "12:00" };
  const token = { ...pause, code: "TOKEN_REFUSED", since: "10:02" };
  assertEquals(says(null, null), "nothing");
  assertEquals(says(token, { ...token }), "nothing");
  assertEquals(says(token, null), "Meanwhile the sync goes on again.");
  assertEquals(
    says(token, lunch),
    "Meanwhile: An operator paused the sync <12:00>: “Lunch”. It stays paused until a person resumes it.",
  );
  assertEquals(says(null, lunch), says(token, lunch));
});

// One record

type Facts = Parameters<typeof agreementOf>[0];
const line = { field: "Stage", label: null, owner: "shared" as const, agrees: true };
const mapping: NonNullable<ContractAnswer["mapping"]> = {
  zohoType: "Deals",
  zohoId: "1",
  state: "linked",
  isInDoubt: false,
  zohoModifiedAt: null,
};
const agreed: Facts = {
  fields: [line],
  mapping,
  live: { modifiedAt: null, modifiedBy: null, error: null },
  queue: null,
  isGone: false,
};
const queued = {} as NonNullable<Facts["queue"]>;
const agreements: [what: string, broken: Partial<Facts>, ...says: [RecordAgreement["tone"], string]][] = [
  ["Zoho was read just now", {}, "good", "all fields agree"],
  ["Zoho was not read", { live: null }, "good", "all agreed when Zoho last confirmed"],
  ["a field differs", { fields: [line, { ...line, agrees: false }] }, "warn", "1 of 2 differ"],
  [
    "the Deal is deleted",
    { mapping: { ...mapping, state: "deleted_in_zoho" } },
    "warn",
    "Deals: deleted in Zoho",
  ],
  [
    "the Deal is gone as it is read",
    { live: { modifiedAt: null, modifiedBy: null, error: "RECORD_NOT_FOUND" } },
    "warn",
    "Deals: deleted in Zoho",
  ],
  ["there is no Deal", { mapping: null }, "warn", "not in Zoho yet"],
  [
    "it was unlinked",
    { mapping: { ...mapping, state: "unlinked" } },
    "neutral",
    "unlinked: nothing is compared",
  ],
  ["the row is gone", { isGone: true, fields: [] }, "neutral", "deleted in CircleTel"],
  ["a change waits", { queue: queued }, "neutral", "agree, and a change waits"],
  [
    "an answer was lost",
    { mapping: { ...mapping, isInDoubt: true } },
    "warn",
    "agreed before an answer was lost",
  ],
];

for (const [what, broken, tone, sentence] of agreements) {
  Deno.test(`both sides, where ${what}: ${sentence}`, () => {
    assertEquals(agreementOf({ ...agreed, ...broken }), { tone, sentence });
  });
}

Deno.test("a failed attempt is never shown as the last write", () => {
  const failed = { at: "10:02", status: "failed" as const, error: "INVALID_DATA: …" };
  assertEquals(
    lastWritesOf({ confirmedAt: "09:00", last: failed }).map(({ label, at, tone }) => [label, at, tone]),
    [
      ["last try failed", "10:02", "bad"],
      ["confirmed by Zoho", "09:00", "good"],
    ],
  );
  assertEquals(lastWritesOf({ confirmedAt: null, last: failed }).map(({ label }) => label), [
    "last try failed",
  ]);
  const confirmed = { at: "09:00", status: "success" as const, error: null };
  assertEquals(lastWritesOf({ confirmedAt: "09:00", last: confirmed }).map(({ label }) => label), [
    "confirmed by Zoho",
  ]);
  assertEquals(lastWritesOf({ confirmedAt: null, last: null }).map(({ at }) => at), [null]);
});

Deno.test("every act that the functions record has words of its own", async () => {
  const folder = new URL("../../supabase/functions/_shared/admin/", import.meta.url);
  const recorded = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    const source = await Deno.readTextFile(new URL(name, folder));
    for (const [, before = ""] of source.matchAll(/recordAction\(call, (.*?)[,;]/g)) {
      for (const [, action = ""] of before.matchAll(/"([^"]+)"/g)) recorded.add(action);
    }
  }
  assert(recorded.size > 20, `${recorded.size} acts were found`);
  assertEquals([...recorded].filter((action) => actText(action) === action), []);
});

Deno.test("a module that is held is shown with its code, since when and until when", () => {
  const resting = { module: "Invoices", code: "HTTP_500", message: "", since: "10:02", until: "10:17" };
  assertEquals(
    plain(restingSentence(resting)),
    "Zoho's module Invoices has failed since <10:02> (HTTP_500). It is tried again <10:17>.",
  );
  assertEquals(healthLook({ ...goodStatus(), resting: [resting] }, true), "attention");
});

// Places

Deno.test("what a question offers to link is opened in its own module", () => {
  assertEquals(questionKinds.filter((kind) => candidateType(kind) === "Contacts"), ["contact_match"]);
});

Deno.test("a record is opened in Zoho's data centre and under its module's own address", () => {
  assertEquals(zohoLink("https://crm.zoho.eu", "Deals", "42"), "https://crm.zoho.eu/crm/tab/Potentials/42");
  assertEquals(zohoLink("https://crm.zoho.in", "Estimates", "42"), "https://crm.zoho.in/crm/tab/Quotes/42");
  assertEquals(zohoLink("https://crm.zoho.com", "Tasks", "42"), null);
  assertEquals(zohoLink("https://crm.zoho.com", "Deals", "javascript:"), null);
});

Deno.test("a row is opened in Studio, for a hosted project without configuration", () => {
  const studio = studioOf("https://abcdefghijklmnopqrst.supabase.co");
  assertEquals(
    studioLink(studio, 17, "u"),
    "https://supabase.com/dashboard/project/abcdefghijklmnopqrst/editor/17?filter=id:eq:u",
  );
  assertEquals(studioLink(studioOf("http://127.0.0.1:54321"), 17, "u"), null);
});

Deno.test("a page named in a message can be opened", () => {
  assertEquals(pagesIn("Correct it. See docs/errors/BAD_SOURCE.md, then retry."), [
    { text: "Correct it. See " },
    { page: "errors/BAD_SOURCE" },
    { text: ", then retry." },
  ]);
  assertEquals(leadsTo("errors/TIMEOUT", "../operate.md#retry"), { page: "operate" });
  assertEquals(leadsTo("operate", "errors/TIMEOUT.md"), { page: "errors/TIMEOUT" });
  assertEquals(leadsTo("operate", "https://zoho.com"), { href: "https://zoho.com" });
  assertEquals(leadsTo("operate", "../supabase/x.sql"), null);
});
