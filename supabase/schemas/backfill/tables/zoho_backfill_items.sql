-- The entities of a run, and what becomes of each.
create table if not exists public.zoho_backfill_items (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  entity_type text not null,
  entity_id uuid not null,
  -- Oldest first, from 1.
  position integer not null,
  -- It had a record when the run began.
  mapped boolean not null,
  plan text check (plan in ('create', 'update', 'skip', 'link', 'refuse')),
  -- Why it is refused: an error code with a page in docs/errors.
  reason text,
  -- Of a dry run: { zohoId, sends, takesIn, asks }, what would be sent to the record, which status would be taken in and
  -- what would be asked; names and e-mail masked.
  would jsonb,
  -- A dry run: new → planned. A real one: new → queued → done; retrying and refused are in the queue still, they wait for
  -- their time, or for a person.
  state text not null default 'new' check (state in (
    'new', 'planned', 'queued', 'done', 'retrying', 'refused', 'cancelled')),
  primary key (run_id, entity_id)
);
-- The next page of a state.
create index if not exists zoho_backfill_items_state_idx on public.zoho_backfill_items (run_id, state, position);
-- Tried, and what came of them is not written down yet.
create index if not exists zoho_backfill_items_tried_idx on public.zoho_backfill_items (run_id)
  where plan is null and state in ('done', 'refused', 'retrying');
alter table public.zoho_backfill_items enable row level security;
drop policy if exists "active admins read backfill items" on public.zoho_backfill_items;
create policy "active admins read backfill items" on public.zoho_backfill_items
  for select to authenticated using ((select zoho_sync.is_active_admin()));
