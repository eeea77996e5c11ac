import type postgres from "postgres";

// What the database went through, step by step, kept where a restore does not reach.

export interface StatusEntry {
  kind: "status";
  from: string;
  to: string;
  /** A settlement of ours took it in; otherwise a person changed it. */
  takenIn: boolean;
}

export interface BaseEntry {
  kind: "base";
  zohoId: string;
  state: string;
  stage: string | null;
  status: string | null;
  revision: string | null;
  /** It came back with a backup. */
  restored: boolean;
}

export interface QuestionEntry {
  kind: "question";
  asks: string;
  field: string;
  ours: unknown;
  theirs: unknown;
  answer: string | null;
  isClosed: boolean;
}

export interface DeadEntry {
  kind: "dead";
  code: string | null;
}

export type Entry =
  & { step: number; contract: string }
  & (StatusEntry | BaseEntry | QuestionEntry | DeadEntry);

/** To be called as the superuser. */
export async function keepJournal(admin: postgres.Sql): Promise<void> {
  await admin.unsafe(`
    create table random_test.journal (
      id bigint generated always as identity, step integer, contract uuid, entry jsonb);
    grant select, insert on random_test.journal to public;
    create function random_test.note(p_contract uuid, p_entry jsonb) returns void language sql as
      'insert into random_test.journal (step, contract, entry) select c.step, p_contract, p_entry from random_test.clock c';
    create function random_test.note_status() returns trigger language plpgsql as $$ begin
      perform random_test.note(new.id, jsonb_build_object('kind', 'status', 'from', old.status, 'to', new.status,
        'takenIn', new.last_synced_at is distinct from old.last_synced_at));
      return null;
    end $$;
    create trigger random_test_status after update on public.contracts for each row
      when (old.status is distinct from new.status) execute function random_test.note_status();
    create function random_test.note_base(m public.zoho_entity_mappings, p_restored boolean) returns void language sql as $$
      select random_test.note(m.circletel_id, jsonb_build_object('kind', 'base', 'zohoId', m.zoho_id, 'state', m.state,
        'stage', m.snapshot -> 'Stage', 'status', m.agreed_status, 'revision', m.revision, 'restored', p_restored))
      where m.circletel_type = 'contract' $$;
    create function random_test.on_base() returns trigger language plpgsql as $$ begin
      perform random_test.note_base(new, false);
      return null;
    end $$;
    create trigger random_test_base after insert or update on public.zoho_entity_mappings for each row
      execute function random_test.on_base();
    create function random_test.note_question() returns trigger language plpgsql as $$ begin
      perform random_test.note(new.entity_id, jsonb_build_object('kind', 'question', 'asks', new.kind, 'field', new.field,
        'ours', new.ours, 'theirs', new.theirs, 'answer', new.answer, 'isClosed', new.closed_at is not null));
      return null;
    end $$;
    create trigger random_test_question after insert or update on public.zoho_questions for each row
      when (new.entity_id is not null) execute function random_test.note_question();
    create function random_test.note_dead() returns trigger language plpgsql as $$ begin
      perform random_test.note(new.entity_id, jsonb_build_object('kind', 'dead', 'code', new.error_code));
      return null;
    end $$;
    create trigger random_test_dead after update on public.zoho_sync_queue for each row
      when (new.status = 'dead') execute function random_test.note_dead();
  `);
}

/** What a restore brought back is what holds from here on. */
export async function noteRestored(admin: postgres.Sql): Promise<void> {
  await admin`select random_test.note_base(m, true) from public.zoho_entity_mappings m`;
}

export async function readJournal(sql: postgres.Sql): Promise<Entry[]> {
  const rows = await sql<{ step: number; contract: string; entry: Entry }[]>`
    select step, contract, entry from random_test.journal order by id
  `;
  return rows.map(({ step, contract, entry }) => ({ ...entry, step, contract }));
}

export async function clearJournal(admin: postgres.Sql): Promise<void> {
  await admin`truncate random_test.journal`;
}
