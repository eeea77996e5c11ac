import { assertNotEquals, assertRejects } from "@std/assert";
import { freePort } from "../../local/free_port.ts";
import { type Stack, startStack } from "../../local/stack.ts";

// Two copies may start at the same moment, and both find the usual ports free.

const least = { functions: [], net: false, cron: false };
const take = (port: number) => Deno.listen({ hostname: "127.0.0.1", port });
const threePorts = () => ({ api: freePort(), db: freePort(), zoho: freePort() });

function portsOf({ apiUrl, dbUrl, zohoUrl }: Stack): Record<string, number> {
  return { api: portOf(apiUrl), db: portOf(dbUrl), zoho: portOf(zohoUrl) };
}
const portOf = (url: string) => Number(new URL(url).port);

for (const name of ["api", "db", "zoho"] as const) {
  Deno.test(`a preferred port taken by another process during start is left to it: ${name}`, async () => {
    const preferPorts = threePorts();
    const starting = startStack({ ...least, preferPorts });
    // The stack has looked by now and does not listen yet.
    const other = take(preferPorts[name]);
    try {
      const stack = await starting;
      const ports = portsOf(stack);
      await stack.stop();
      // The others may have been taken as well, by a test beside this one.
      assertNotEquals(ports[name], preferPorts[name]);
    } finally {
      other.close();
    }
  });
}

Deno.test("an explicit port that is taken is an error", async () => {
  const other = take(0);
  try {
    await assertRejects(
      () => startStack({ ...least, preferPorts: threePorts(), ports: { api: other.addr.port } }),
      Error,
      "Address already in use",
    );
  } finally {
    other.close();
  }
});
