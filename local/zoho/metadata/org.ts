import type { JsonObject } from "../core/json.ts";
import { type ApiCall, moduleOf, moduleOfQuery } from "../http/call.ts";
import { refuse, type Reply } from "../http/reply.ts";
import type { Module } from "../org/module.ts";
import { defaultPipeline, stages } from "../org/standard_fields.ts";
import type { User } from "../org/users.ts";

export function listModules(call: ApiCall): Reply {
  return { status: 200, body: { modules: [...call.org.modules.values()].map(moduleAsJson) } };
}

export function getModule(call: ApiCall): Reply {
  return { status: 200, body: { modules: [moduleAsJson(moduleOf(call))] } };
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
  const deals = moduleOf(call, "Deals");
  const layoutId = call.query.get("layout_id");
  if (layoutId === null) {
    return refuse("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "layout_id",
    });
  }
  if (layoutId !== deals.layoutId) {
    return refuse("INVALID_DATA", "the id given seems to be invalid", { param_name: "layout_id" });
  }
  const options = deals.fields.get("Stage")?.options ?? [];
  const maps = options.map((option, index): JsonObject => {
    const stage = stages.find((known) => known.actual === option.actual);
    return {
      id: option.id,
      display_value: option.display,
      actual_value: option.actual,
      sequence_number: index + 1,
      forecast_type: stage?.forecast ?? "Open",
      forecast_category: { name: stage?.forecast === "Closed Won" ? "Closed" : "Pipeline", id: deals.id },
    };
  });
  const pipeline = {
    id: deals.fields.get("Pipeline")?.options[0]?.id ?? deals.layoutId,
    display_value: defaultPipeline,
    actual_value: defaultPipeline,
    default: true,
    child_available: false,
    maps,
  };
  return { status: 200, body: { pipeline: [pipeline] } };
}

export function getOrg(call: ApiCall): Reply {
  const { org } = call;
  const details: JsonObject = {
    id: org.orgId,
    zgid: org.orgId.slice(-8),
    company_name: "CircleTel (simulated)",
    country_code: "ZA",
    currency: "South African Rand - ZAR",
    currency_symbol: "R",
    iso_code: "ZAR",
    time_zone: "Africa/Johannesburg",
    license_details: {
      paid: org.settings.edition !== "free",
      paid_type: org.settings.edition,
      users_license_purchased: org.settings.users,
    },
  };
  return { status: 200, body: { org: [details] } };
}

/** `type=CurrentUser` is how a client learns the id of its own user. */
export function listUsers(call: ApiCall): Reply {
  const { integration, seller } = call.org.users;
  const users = call.query.get("type") === "CurrentUser" ? [integration] : [integration, seller];
  const info = { per_page: 200, count: users.length, page: 1, more_records: false };
  return { status: 200, body: { users: users.map(userAsJson), info } };
}

function userAsJson(user: User): JsonObject {
  const [first = "", ...rest] = user.name.split(" ");
  return {
    id: user.id,
    full_name: user.name,
    first_name: first,
    last_name: rest.join(" "),
    email: user.email,
    status: "active",
    confirm: true,
    time_zone: "Africa/Johannesburg",
    role: { name: "CEO", id: user.id },
    profile: { name: "Administrator", id: user.id },
  };
}

function moduleAsJson(module: Module): JsonObject {
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
