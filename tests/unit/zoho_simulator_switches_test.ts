import { assert, assertEquals, assertThrows } from "@std/assert";
import { settingsOf } from "../../local/zoho/options.ts";
import { readSettings, settingsSchema } from "../../local/zoho/org/settings.ts";

const root = new URL("../../", import.meta.url);
const readme = Deno.readTextFileSync(new URL("local/zoho/README.md", root));

interface Row {
  name: string;
  default: string;
}

const rows: Row[] = [...readme.matchAll(/^\| `(\w+)`\s*\|[^|]*\|([^|]*)\|[^|]*\|$/gm)]
  .map(([, name = "", standard = ""]) => ({ name, default: standard.trim() }));

const switches = Object.keys(settingsSchema.shape);

Deno.test("the README lists every switch once, and no other", () => {
  assertEquals(rows.map(({ name }) => name).toSorted(), switches.toSorted());
});

Deno.test("the README gives the default of each switch", () => {
  const defaults: Record<string, unknown> = readSettings({});
  for (const { name, default: shown } of rows) {
    const value = /^`(.*)`$/.exec(shown)?.[1];
    if (value === undefined) continue;
    assertEquals(
      value,
      typeof defaults[name] === "string" ? defaults[name] : JSON.stringify(defaults[name]),
      name,
    );
  }
});

/** A test of it could only measure time. */
const untestable = ["latencyJitterMs"];

Deno.test("each switch is used by a test of the simulator", () => {
  const folder = new URL("tests/functions/", root);
  const tests = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("zoho_simulator_"))
    .map(({ name }) => Deno.readTextFileSync(new URL(name, folder))).join("\n");
  const unused = switches.filter((name) => !tests.includes(name) && !untestable.includes(name));
  assertEquals(unused, [], `no test uses ${unused.join(", ")}`);
});

Deno.test("an unknown switch or position is refused by name", () => {
  for (
    const [name, value] of Object.entries({ nonsense: 1, refusals: "odd", pipelines: [], currencies: [{}] })
  ) {
    let message = "";
    try {
      readSettings({ [name]: value });
    } catch (error) {
      message = error instanceof RangeError ? error.message : "";
    }
    assert(message.includes(name === "nonsense" ? "nonsense" : name), `${name}: ${message}`);
  }
});

Deno.test("a command line sets switches by name, as JSON or as plain text", () => {
  const given = settingsOf([
    "refusals=bare",
    "trimsText=false",
    "lineTax=null",
    'currencies=[{"code":"USD","rate":1}]',
  ]);
  const { refusals, trimsText, lineTax, currencies } = readSettings(given);
  assertEquals({ refusals, trimsText, lineTax, currencies }, {
    refusals: "bare",
    trimsText: false,
    lineTax: null,
    currencies: [{ code: "USD", rate: 1, decimals: 2 }],
  });
  for (const wrong of ["refusals", "=bare"]) {
    assertThrows(() => settingsOf([wrong]), RangeError, "name=value");
  }
});
