import type { Stack } from "../../local/stack.ts";

/** A contract and its Deal, as the mapping names them. */
export interface Pair {
  contractId: string;
  dealId: string;
}

/** The first contracts by number that have a Deal. */
export async function pairsLike({ sql }: Stack, pattern: string, count: number): Promise<Pair[]> {
  const rows = await sql<Pair[]>`
    select c.id as "contractId", m.zoho_id as "dealId"
    from public.contracts c
    join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
    where c.contract_number like ${pattern} order by c.contract_number limit ${count}`;
  return [...rows];
}

/**
 * As the original service worked: for each contract it reads what it needs row by row, opens a log row, makes one
 * call for one record and writes back. Eight database requests and one PUT each. Answers contracts a minute.
 */
export async function theOriginalWay(stack: Stack, pairs: Pair[]): Promise<number> {
  const token = await accessToken(stack);
  const startedAtMs = performance.now();
  for (const pair of pairs) await syncOne(stack, token, pair);
  return pairs.length / ((performance.now() - startedAtMs) / 60_000);
}

async function syncOne(stack: Stack, token: string, { contractId, dealId }: Pair): Promise<void> {
  const logId = crypto.randomUUID();
  await database(stack, "GET", "zoho_tokens?select=id,expires_at&limit=1");
  const [contract] = await database(stack, "GET", `contracts?select=*&id=eq.${contractId}`);
  await database(stack, "GET", `business_quotes?select=*&id=eq.${contract?.quote_id}`);
  await database(stack, "GET", `kyc_sessions?select=*&quote_id=eq.${contract?.quote_id}&limit=1`);
  await database(
    stack,
    "GET",
    `zoho_entity_mappings?select=id,zoho_id&circletel_type=eq.contract&circletel_id=eq.${contractId}`,
  );
  await database(stack, "POST", "zoho_sync_logs", {
    id: logId,
    entity_type: "contract",
    entity_id: contractId,
    zoho_entity_type: "Deals",
    zoho_entity_id: dealId,
    status: "pending",
    attempt_number: 1,
    request_payload: { Amount: 1 },
  });
  const response = await fetch(`${stack.zohoUrl}/crm/v8/Deals/${dealId}`, {
    method: "PUT",
    headers: { Authorization: `Zoho-oauthtoken ${token}` },
    body: JSON.stringify({ data: [{ Amount: 1 }] }),
  });
  if (!response.ok) throw new Error(`the baseline's call answered ${response.status}`);
  await response.body?.cancel();
  await database(stack, "PATCH", `zoho_sync_logs?id=eq.${logId}`, { status: "success" });
  await database(stack, "PATCH", `zoho_entity_mappings?circletel_id=eq.${contractId}`, { zoho_id: dealId });
}

async function database(
  { apiUrl, secretKey }: Stack,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${apiUrl}/rest/v1/${path}`, {
    method,
    headers: { apikey: secretKey, "content-type": "application/json", prefer: "return=minimal" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the baseline's ${method} ${path} answered ${response.status}: ${text}`);
  return text === "" || method !== "GET" ? [] : JSON.parse(text);
}

async function accessToken({ zohoUrl }: Stack): Promise<string> {
  const response = await fetch(`${zohoUrl}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "1000.LOCALCLIENT",
      client_secret: "local-client-secret",
      refresh_token: "1000.local.refresh",
    }),
  });
  const { access_token: token } = await response.json();
  return token;
}
