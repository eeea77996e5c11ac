import { assert, assertEquals } from "@std/assert";
import {
  apostropheBeginnings,
  nameBeginnings,
  parseCompanyName,
  searchWord,
} from "../../supabase/functions/_shared/mapping/company.ts";
import type { LegalForm } from "../../supabase/functions/_shared/mapping/legal_forms.ts";

const coreOf = (name: string) => parseCompanyName(name).core;

/** Names that people write for one company; the first is the one in the register. */
const spellings: [string, string[]][] = [
  ["Naledi Logistics (Pty) Ltd", [
    "NALEDI LOGISTICS (PTY) LTD",
    "  naledi   logistics (pty) ltd ",
    "Naledi Logistics Pty Ltd",
    "Naledi Logistics (Pty)Ltd",
    "Naledi Logistics PTY. LTD.",
    "Naledi Logistics, (Pty) Limited",
    "Naledi Logistics Proprietary Limited",
    "Naledi Logistics (Proprietary) Limited",
    "Naledi Logistics (Edms) Bpk",
    "Naledi Logistics (Eiendoms) Beperk",
    "Naledi Logistics (RF) (Pty) Ltd",
    "Naledi Logistics (Pty) Ltd (RF)",
    "The Naledi Logistics (Pty) Ltd",
    "Naledi Logistics",
  ]],
  ["Mzansi Fibre Proprietary Limited", ["Mzansi Fibre PtyLtd", "MZANSI FIBRE", "Mzansi Fibre (Pty)"]],
  ["Van der Merwe & Seuns BK", [
    "van der merwe and seuns bk",
    "Van der Merwe en Seuns B.K.",
    "Van der Merwe + Seuns CC",
    "Van Der Merwe & Seuns Beslote Korporasie",
    "VAN DER MERWE & SEUNS CLOSE CORPORATION",
  ]],
  ["Ubuntu Water Works NPC", [
    "Ubuntu Water Works (NPC)",
    "Ubuntu Water Works N.P.C.",
    "Ubuntu Water Works RF NPC",
    "Ubuntu Water-Works Non-Profit Company",
    "Ubuntu Water Works NPO",
  ]],
  ["Dlamini, Botha & Partners Inc", [
    "Dlamini Botha and Partners Inc.",
    "Dlamini, Botha & Partners Incorporated",
    "Dlamini, Botha en Partners Ing.",
  ]],
  ["Karoo Traders CC", ["Karoo Traders C.C.", "KAROO TRADERS cc", "Karoo Traders c c"]],
  ["Highveld Steel Holdings Ltd", ["Highveld Steel Holdings Limited", "HIGHVELD STEEL HOLDINGS BPK"]],
  ["Umgeni Ports SOC Ltd", ["Umgeni Ports (SOC) Limited", "Umgeni Ports State Owned Company Limited"]],
  ["Gogo's Kitchen (Pty) Ltd", ["Gogos Kitchen (Pty) Ltd", "GOGO’S KITCHEN"]],
  ["J.R. Mokoena Elektries BK", ["JR Mokoena Elektries BK", "J R Mokoena Elektries B K"]],
  ["Café Bêrehuis CC", ["Cafe Berehuis CC"]],
  ["Khoi-San Tours (Pty) Ltd", ["Khoi San Tours (Pty) Ltd"]],
  ["The Baobab Group (Pty) Ltd", ["Baobab Group", "THE BAOBAB GROUP PTY LTD"]],
  ["K2015123456 (South Africa) (Pty) Ltd", ["k2015123456 South Africa Pty Ltd"]],
  ["Studio C CC", ["Studio C C.C."]],
];

for (const [registered, others] of spellings) {
  Deno.test(`${registered} is one company, however it is spelt`, () => {
    const core = coreOf(registered);
    assertEquals(others.map(coreOf), others.map(() => core));
  });
}

Deno.test("names of different companies never meet", () => {
  const names = [
    ...spellings.map(([registered]) => registered),
    "Naledi Logistics Trust",
    "Naledi Logistics Holdings (Pty) Ltd",
    "Naledi Logistics Gauteng (Pty) Ltd",
    "Naledi Logistic (Pty) Ltd",
    "NalediLogistics (Pty) Ltd",
    "Naledi Logistics 2 (Pty) Ltd",
    "Naledi & Logistics (Pty) Ltd",
    "Naledi Logistics Co-operative Limited",
    "Van der Merwe (Pty) Ltd",
    "Van der Merwe & Sons BK",
    "Mokoena Elektries BK",
    "Baobab (Pty) Ltd",
    "K2015123457 (South Africa) (Pty) Ltd",
  ];
  const cores = names.map(coreOf);
  assertEquals(new Set(cores).size, names.length, cores.join(", "));
});

const forms: [string, LegalForm | null][] = [
  ["Naledi Logistics (Pty) Ltd", "private"],
  ["Naledi Logistics (Edms) Bpk", "private"],
  ["Highveld Steel Ltd", "public"],
  ["Highveld Staal Beperk", "public"],
  ["Umgeni Ports SOC Ltd", "state_owned"],
  ["Karoo Traders CC", "close_corporation"],
  ["Karoo Handelaars BK", "close_corporation"],
  ["Dlamini Inc", "incorporated"],
  ["Ubuntu Water Works NPC", "non_profit"],
  ["Ubuntu Water Works NPC (RF)", "non_profit"],
  ["Naledi Logistics", null],
  ["Limited Edition Prints", null],
  ["Inc Magazine Sales (Pty) Ltd", "private"],
];

for (const [name, form] of forms) {
  Deno.test(`the legal form of ${name} is ${form ?? "not said"}`, () =>
    assertEquals(parseCompanyName(name).form, form));
}

Deno.test("a trading name is separated, and the legal person before it is compared", () => {
  for (const words of ["t/a", "T/A", "t / a", "trading as", "h/a", "t/as"]) {
    const { core, form, tradingAs } = parseCompanyName(`Naledi Logistics (Pty) Ltd ${words} Fast-Freight`);
    assertEquals([core, form, tradingAs], ["naledi logistics", "private", "fast freight"], words);
  }
});

for (const name of ["CC (Pty) Ltd", "(Pty) Ltd", "C.C.", "The CC (Pty) Ltd", "RF", "@@@", "!", "– & –"]) {
  Deno.test(`"${name}", which would lose every distinctive word, is compared as it is written`, () => {
    const { core, folded, form } = parseCompanyName(name);
    assertEquals([core, form], [folded, null]);
  });
}

const beginnings: [string, { first: string; whole: string } | null][] = [
  ["Naledi Logistics (Pty) Ltd", { first: "Naledi", whole: "Naledi Logistics" }],
  ["Mzansi Fibre Proprietary Limited", { first: "Mzansi", whole: "Mzansi Fibre" }],
  ["Van der Merwe & Seuns BK", { first: "Van der", whole: "Van der Merwe" }],
  ["Van der Merwe en Seuns BK", { first: "Van der", whole: "Van der Merwe" }],
  ["The Baobab Group", { first: "Baobab", whole: "Baobab Group" }],
  ["Gogo's Kitchen", { first: "Gogo", whole: "Gogo" }],
  ["Café Bêrehuis", { first: "Caf", whole: "Caf" }],
  ["Khoi-San Tours", { first: "Khoi", whole: "Khoi" }],
  ["Karoo 100% Wool", { first: "Karoo 100", whole: "Karoo 100" }],
  ["Karoo Traders 17 Upington CC", { first: "Karoo Traders 17", whole: "Karoo Traders 17 Upington" }],
  ["J.R. Mokoena Elektries", null],
  ["O'Brien Plumbing", null],
  ["Ékasi Net", null],
  ["%Percent_and_Co", null],
];

for (const [name, expected] of beginnings) {
  Deno.test(`all spellings of ${name} begin with ${expected?.whole ?? "nothing sure"}`, () =>
    assertEquals(nameBeginnings(name), expected));
}

Deno.test("a company's first beginning is shared by all its other spellings", () => {
  for (const [registered, others] of spellings) {
    const first = nameBeginnings(registered)?.first.toLowerCase();
    if (first === undefined) continue;
    for (const other of others) {
      const found = other.trim().toLowerCase().replace(/\s+/g, " ").replace(/^the /, "");
      assert(found.startsWith(first), `${other} does not begin with ${first}`);
    }
  }
});

Deno.test("a name whose apostrophe comes early begins in four ways, and no other name does", () => {
  assertEquals(apostropheBeginnings("O'Brien & Sons (Pty) Ltd"), [
    { first: "O'", whole: "O'Brien" },
    { first: "O’", whole: "O’Brien" },
    { first: "OBrien", whole: "OBrien" },
    { first: "O ", whole: "O Brien" },
  ]);
  assertEquals(apostropheBeginnings("The  D’Arcy Group")[2], { first: "DArcy", whole: "DArcy" });
  assertEquals(apostropheBeginnings("O'Connér Foods")[0]?.whole, "O'Conn");
  for (const name of ["Gogo's Kitchen", "O'B Traders", "'Brien", "J.R. Smith", "É'Brien", "", "O'"]) {
    assertEquals(apostropheBeginnings(name), [], name);
  }
});

Deno.test("the longest word is searched for where a beginning is too common", () => {
  assertEquals(searchWord("J.R. Mokoena Elektries BK"), "Elektries");
  assertEquals(searchWord("O'Brien & Co"), "Brien");
  assertEquals(searchWord("The CC (Pty) Ltd"), null);
  assertEquals(searchWord("X t/a Longwinded"), null);
});

Deno.test("ten thousand names are parsed, each for itself", () => {
  const cores = new Set(
    Array.from({ length: 10_000 }, (_, i) => coreOf(`Naledi & Seuns ${i} (Pty) Ltd`)),
  );
  assertEquals(cores.size, 10_000);
});
