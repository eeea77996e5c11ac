import { goodDeal, TestZoho } from "../../local/zoho/testing.ts";
import { type Figure, goal, median, ms } from "../support/figures.ts";

const rounds = 5;

/** What an index of the simulator can answer beside many Deals: a scan of them would be seen in every other figure. */
export async function simulatorCosts(zohoUrl: string, deals: number): Promise<Figure[]> {
  const zoho = new TestZoho(zohoUrl);
  await zoho.token();
  const numbered = Array.from(
    { length: deals },
    (_, i) => ({ Deal_Name: `D${i}`, Contract_Number: `CT-${i}` }),
  );
  await zoho.control.bulkCreate("Deals", numbered);
  const data = Array.from({ length: 100 }, (_, i) => ({ ...goodDeal, Contract_Number: `CT-${i}` }));
  const body = { data, duplicate_check_fields: ["Contract_Number"] };
  const query = "select id from Deals where Contract_Number in ('CT-5', 'CT-77')";
  return [
    await figure(`COQL by number beside ${deals} Deals`, 20, () => zoho.coql(query)),
    await figure(`upsert of 100 beside ${deals} Deals`, 60, () => zoho.call("POST", "Deals/upsert", body)),
  ];
}

async function figure(
  what: string,
  goalMs: number,
  call: () => Promise<{ status: number }>,
): Promise<Figure> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    const { status } = await call();
    took.push(performance.now() - startedMs);
    if (status !== 200) throw new Error(`${what}: ${status}`);
  }
  return { what, measured: ms(median(took)), beside: goal(median(took) < goalMs, `< ${goalMs} ms`) };
}
