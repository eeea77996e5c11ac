import { assert, assertEquals } from "@std/assert";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { emptyQueue } from "./steps.ts";

Deno.test("the doctor reads which lanes the day's credits leave open", () =>
  withDatabase("plain", async (sql) => {
    const lane = async (credits: number) => {
      await sql`delete from public.zoho_credit_ledger where true`;
      await sql`insert into public.zoho_credit_ledger (quarter, lane, credits, calls) values (now(), 1, ${credits}, 1)`;
      return (await sql`select zoho_sync.doctor_queue() -> 'open_lane' as lane`)[0]?.lane;
    };
    await sql`update public.zoho_sync_state set daily_credits = 1000 where true`;
    assertEquals([await lane(100), await lane(800), await lane(950)], [2, 1, 0]);
  }));

Deno.test("what a person holds is not late for the doctor, and what nobody holds is", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
    await fold(sql);
    await sql`update public.zoho_sync_queue set enqueued_at = now() - interval '1 hour', next_attempt_at = now()`;
    const oldest = async () =>
      (await sql`select (zoho_sync.doctor_queue() ->> 'oldest_seconds')::int as seconds`)[0]?.seconds;
    assert(await oldest() >= 3_600);
    await sql`select public.zoho_hold_record('contract', ${contract.id}, 'secret key')`;
    assertEquals(await oldest(), 0);
    await sql`select public.zoho_release_record('contract', ${contract.id})`;
    assert(await oldest() >= 3_600);
  }));
