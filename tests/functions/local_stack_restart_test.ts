import { assertEquals } from "@std/assert";
import { startStack } from "../../local/stack.ts";
import { until } from "../support/until.ts";

Deno.test("the stack goes on after Postgres was restarted or killed, whatever it was doing", async () => {
  const stack = await startStack({ zoho: false, functions: [], net: { pauseMs: 0 } });
  const rest = async (): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${stack.apiUrl}/rest/v1/contracts?limit=1`, {
      headers: { apikey: stack.secretKey },
    });
    return { status: answer.status, text: await answer.text() };
  };
  try {
    for (const crash of [false, true]) {
      let busy = true;
      const answers = new Map<number, string>();
      const traffic = Array.from({ length: 8 }, async () => {
        while (busy) {
          const { status, text } = await rest();
          answers.set(status, text);
          await stack.sql`select net.http_get(${stack.apiUrl})`.catch(() => {});
        }
      });
      await until(() => answers.size > 0, { what: "traffic" });
      if (crash) await stack.postgres?.kill();
      await stack.postgres?.restart();
      busy = false;
      await Promise.all(traffic);

      await until(async () => (await rest()).status === 200);
      const [row] = await stack.sql<{ id: string }[]>`select net.http_get(${stack.apiUrl}) as id`;
      await until(async () =>
        (await stack.sql`select from net._http_response where id = ${row?.id ?? ""}`).length > 0
      );
      assertEquals((await stack.cron.runJobNow("zoho-sync-sweep")).status, "succeeded");
      assertEquals([...answers].filter(([status]) => status !== 200 && status !== 503), []);
    }
  } finally {
    await stack.stop();
  }
});
