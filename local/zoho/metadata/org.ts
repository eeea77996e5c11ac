import type { JsonObject } from "../core/json.ts";
import { type ApiCall, moduleOfCall, moduleOfQuery } from "../http/call.ts";
import { noContent, refuseCall, type Reply } from "../http/reply.ts";
import type { OrgModule } from "../org/module.ts";
import { currenciesOf, currencyAsJson, homeCurrency } from "../org/currencies.ts";
import { pipelinesOf } from "../org/pipelines.ts";
import { stages } from "../org/standard_fields.ts";
import { isActive, type User } from "../org/users.ts";

type Pipeline = ReturnType<typeof pipelinesOf>[number];

export function listModules(call: ApiCall): Reply {
  return { status: 200, body: { modules: visibleModules(call).map(moduleAsJson) } };
}

function visibleModules({ org }: ApiCall): OrgModule[] {
  return [...org.modules.values()].filter(({ apiName }) => org.visibleModule(apiName) !== undefined);
}

export function getModule(call: ApiCall): Reply {
  return { status: 200, body: { modules: [moduleAsJson(moduleOfCall(call))] } };
}

/** One layout per module; mandatory fields are marked as people see them, not as the API enforces them. */
export function listLayouts(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const fields = [...module.fields.values()].map((field): JsonObject => ({
    id: field.id,
    api_name: field.apiName,
    field_label: field.label,
    data_type: field.dataType,
    required: field.mandatory || field.layoutMandatory,
    pick_list_values: field.options.map((option) => ({
      id: option.id,
      display_value: option.display,
      actual_value: option.actual,
    })),
  }));
  const section = { api_name: "Information", display_label: `${module.singular} Information`, fields };
  const layout = {
    id: module.layoutId,
    name: "Standard",
    status: "active",
    visible: true,
    sections: [section],
  };
  return { status: 200, body: { layouts: [layout] } };
}

export function listPipelines(call: ApiCall): Reply {
  const deals = moduleOfCall(call, "Deals");
  const layoutId = call.query.get("layout_id");
  if (layoutId === null) {
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "layout_id",
    });
  }
  if (layoutId !== deals.layoutId) {
    return refuseCall("INVALID_DATA", "the id given seems to be invalid", { param_name: "layout_id" });
  }
  const pipelines = pipelinesOf(call.org.settings);
  if (pipelines.length === 0) return noContent;
  return {
    status: 200,
    body: { pipeline: pipelines.map((pipeline, index) => pipelineAsJson(deals, pipeline, index)) },
  };
}

function pipelineAsJson(deals: OrgModule, { name, stages: own }: Pipeline, index: number): JsonObject {
  const options = deals.fields.get("Stage")?.options ?? [];
  const shown = options.filter(({ actual }) => own.length === 0 || own.includes(actual));
  const maps = shown.map((option, place): JsonObject => {
    const stage = stages.find((known) => known.actual === option.actual);
    return {
      id: option.id,
      display_value: option.display,
      actual_value: option.actual,
      sequence_number: place + 1,
      forecast_type: stage?.forecast ?? "Open",
      forecast_category: { name: stage?.forecast === "Closed Won" ? "Closed" : "Pipeline", id: deals.id },
    };
  });
  return {
    id: deals.fields.get("Pipeline")?.options[index]?.id ?? deals.layoutId,
    display_value: name,
    actual_value: name,
    default: index === 0,
    child_available: false,
    maps,
  };
}

export function getOrg(call: ApiCall): Reply {
  const { org } = call;
  const home = homeCurrency(org.settings).code;
  const details: JsonObject = {
    id: org.orgId,
    // An id of its own, of nine digits; another org's is another one.
    zgid: `7${org.orgId.slice(1, 7)}${org.orgId.slice(-2)}`,
    company_name: "CircleTel (simulated)",
    country_code: "ZA",
    currency: home === "ZAR" ? "South African Rand - ZAR" : home,
    currency_symbol: home === "ZAR" ? "R" : home,
    iso_code: home,
    mc_status: org.settings.currencies !== null,
    time_zone: "Africa/Johannesburg",
    license_details: {
      paid: org.settings.edition !== "free",
      paid_type: org.settings.edition,
      users_license_purchased: org.settings.users,
    },
  };
  return { status: 200, body: { org: [details] } };
}

export function listCurrencies(call: ApiCall): Reply {
  const { org } = call;
  const known = currenciesOf(org.settings);
  const createdAt = org.iso(org.nowMs());
  const currencies = known.map((currency, index) =>
    currencyAsJson(
      currency,
      index === 0,
      `${org.orgId.slice(0, -3)}${String(index).padStart(3, "0")}`,
      createdAt,
    )
  );
  return { status: 200, body: { currencies } };
}

/** `type=CurrentUser` is how a client learns the id of its own user. */
export function listUsers(call: ApiCall): Reply {
  const { org } = call;
  const { integration, seller } = org.users;
  const type = call.query.get("type") ?? "AllUsers";
  const kept: Record<string, (user: User) => boolean> = {
    CurrentUser: (user) => user === integration,
    ActiveUsers: (user) => isActive(org, user),
    ActiveConfirmedUsers: (user) => isActive(org, user),
    DeactiveUsers: (user) => !isActive(org, user),
  };
  const users = [integration, seller].filter(kept[type] ?? (() => true));
  if (users.length === 0) return noContent;
  const info = { per_page: 200, count: users.length, page: 1, more_records: false };
  return { status: 200, body: { users: users.map((user) => userAsJson(user, isActive(org, user))), info } };
}

function userAsJson(user: User, active: boolean): JsonObject {
  const [first = "", ...rest] = user.name.split(" ");
  return {
    id: user.id,
    full_name: user.name,
    first_name: first,
    last_name: rest.join(" "),
    email: user.email,
    status: active ? "active" : "inactive",
    confirm: true,
    time_zone: "Africa/Johannesburg",
    role: { name: "CEO", id: user.id },
    profile: { name: "Administrator", id: user.id },
  };
}

function moduleAsJson(module: OrgModule): JsonObject {
  return {
    id: module.id,
    api_name: module.apiName,
    module_name: module.apiName,
    singular_label: module.singular,
    plural_label: module.apiName,
    generated_type: "default",
    api_supported: true,
    creatable: true,
    editable: true,
    deletable: true,
    viewable: true,
    visible: true,
  };
}
