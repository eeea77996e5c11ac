-- Products by the key that mapping/product.ts derives from a service's name. CircleTel has no table of products.
create table if not exists public.zoho_products (
  product_key text primary key,
  zoho_id text not null,
  matched_by text not null check (matched_by in ('found', 'created')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_products_zoho_id_idx on public.zoho_products (zoho_id);
alter table public.zoho_products enable row level security;
drop policy if exists "active admins read products" on public.zoho_products;
create policy "active admins read products" on public.zoho_products
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink products" on public.zoho_products;
create policy "active admins unlink products" on public.zoho_products
  for delete to authenticated using ((select zoho_sync.is_active_admin()));
