import { contractStatuses } from "../../supabase/functions/_shared/mapping/types.ts";
import type postgres from "postgres";
import { companyName, emailAddress, personName } from "./people.ts";
import type { RandomStream } from "../support/random.ts";
import { itemOf, kycProgress, type Ledger, randomMoment } from "./sales.ts";

// The edits that CircleTel makes to rows that exist. Each takes its chances first and answers what a transaction does.

export type RandomChange = (tx: postgres.TransactionSql) => Promise<unknown>;

export const edits = {
  amount(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, {
      total_contract_value: random.between(100, 99_999) + 0.25,
    });
  },
  status(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, { status: random.pick(contractStatuses) });
  },
  start_date(random: RandomStream, { contracts }: Ledger): RandomChange {
    const date = random.chance(0.2) ? null : `2026-0${random.between(1, 9)}-${random.between(10, 28)}`;
    return set("contracts", random.pick(contracts).id, { start_date: date });
  },
  signed_date(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, {
      fully_signed_date: random.chance(0.2) ? null : randomMoment(random),
    });
  },
  sign(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, {
      fully_signed_date: randomMoment(random),
      status: "fully_signed",
    });
  },
  kyc(random: RandomStream, { sessions }: Ledger): RandomChange {
    return set("kyc_sessions", random.pick(sessions).id, kycProgress(random));
  },
  kyc_new(random: RandomStream, { sessions }: Ledger): RandomChange {
    const values = { id: random.uuid(), quote_id: random.pick(sessions).quoteId, ...kycProgress(random) };
    const row = { ...values, didit_session_id: `didit_${values.id}` };
    return (tx) => tx`insert into public.kyc_sessions ${tx(row)} on conflict do nothing`;
  },
  kyc_unnamed(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, { kyc_session_id: null });
  },
  rica(random: RandomStream, { submissions }: Ledger): RandomChange {
    return set("rica_submissions", random.pick(submissions), {
      status: random.pick(["pending", "submitted", "approved", "rejected"]),
    });
  },
  rica_new(random: RandomStream, { sessions }: Ledger): RandomChange {
    const row = { id: random.uuid(), kyc_session_id: random.pick(sessions).id, status: "submitted" };
    return (tx) => tx`insert into public.rica_submissions ${tx(row)} on conflict do nothing`;
  },
  person(random: RandomStream, { customers }: Ledger): RandomChange {
    return set("customers", random.pick(customers), personName(random));
  },
  email(random: RandomStream, { customers }: Ledger): RandomChange {
    return set("customers", random.pick(customers), { email: emailAddress(random) });
  },
  company(random: RandomStream, { quotes }: Ledger): RandomChange {
    return set("business_quotes", random.pick(quotes), { company_name: companyName(random) });
  },
  other_customer(random: RandomStream, { contracts, customers }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, { customer_id: random.pick(customers) });
  },
  several(random: RandomStream, { contracts }: Ledger): RandomChange {
    const ids = random.some(contracts, random.between(2, 12)).map(({ id }) => id);
    const more = random.between(1, 50);
    return async (tx) => {
      await lockInOrder(tx, ids);
      await tx`
        update public.contracts set total_contract_value = total_contract_value + ${more} where id = any (${ids})
      `;
    };
  },
  quote_and_contract(random: RandomStream, { contracts }: Ledger): RandomChange {
    const { id } = random.pick(contracts);
    const company = companyName(random);
    return async (tx) => {
      await tx`
        update public.business_quotes set company_name = ${company}
        where id = (select quote_id from public.contracts where id = ${id})
      `;
      await tx`update public.contracts set total_contract_value = total_contract_value + 1 where id = ${id}`;
    };
  },
  quote(random: RandomStream, { quotes }: Ledger): RandomChange {
    return set("business_quotes", random.pick(quotes), {
      status: random.pick(["draft", "approved", "sent", "viewed", "accepted", "rejected", "expired"]),
      total_monthly: random.between(1, 9_999) + 0.25,
    });
  },
  item_new(random: RandomStream, { quotes }: Ledger): RandomChange {
    const row = {
      ...itemOf(random),
      quote_id: random.pick(quotes),
      item_type: "additional",
      service_type: "fibre",
    };
    return (tx) => tx`insert into public.business_quote_items ${tx(row)} on conflict do nothing`;
  },
  item_prices(random: RandomStream, { quotes }: Ledger): RandomChange {
    const [id, more] = [random.pick(quotes), random.between(1, 50)];
    return (tx) =>
      tx`
      update public.business_quote_items set monthly_price = monthly_price + ${more} where quote_id = ${id}`;
  },
  item_deleted(random: RandomStream, { quotes }: Ledger): RandomChange {
    const id = random.pick(quotes);
    return (tx) =>
      tx`
      delete from public.business_quote_items
      where id = (select id from public.business_quote_items where quote_id = ${id} order by id limit 1)`;
  },
  invoice_new(random: RandomStream, { customers }: Ledger): RandomChange {
    const id = random.uuid();
    const row = {
      id,
      customer_id: random.pick(customers),
      invoice_number: `INV-${id}`,
      total_amount: random.between(1, 9_999) + 0.75,
      status: "draft",
    };
    return (tx) => tx`insert into public.customer_invoices ${tx(row)} on conflict do nothing`;
  },
  invoice(random: RandomStream, { customers }: Ledger): RandomChange {
    const [id, status, more] = [
      random.pick(customers),
      random.pick(["sent", "partial", "overdue", "paid", "cancelled", "voided"]),
      random.between(0, 9),
    ];
    return (tx) =>
      tx`
      update public.customer_invoices set status = ${status}, total_amount = total_amount + ${more}
      where customer_id = ${id}`;
  },
  // Columns that no projection reads: nothing may come of it.
  irrelevant(random: RandomStream, { contracts }: Ledger): RandomChange {
    return set("contracts", random.pick(contracts).id, { monthly_recurring: random.between(1, 9_999) });
  },
} satisfies Record<string, (random: RandomStream, ledger: Ledger) => RandomChange>;

/** Two transactions over the same rows take them in one order; what deadlocks then is not the business's doing. */
export async function lockInOrder(tx: postgres.TransactionSql, ids: string[]): Promise<void> {
  await tx`select from public.contracts where id = any (${ids}) order by id for no key update`;
}

function set(table: string, id: string, values: Record<string, unknown>): RandomChange {
  return (tx) => tx`update ${tx(`public.${table}`)} set ${tx(values)} where id = ${id}`;
}
