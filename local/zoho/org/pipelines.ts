import { fieldFromSeed } from "./field.ts";
import type { OrgModule } from "./module.ts";
import type { OrgSettings } from "./settings.ts";

/** The pipelines of the organisation, the default one first; none where they are off. */
export function pipelinesOf({ pipelines }: OrgSettings): { name: string; stages: string[] }[] {
  return pipelines === "off" ? [] : pipelines;
}

export function defaultPipelineOf(settings: OrgSettings): string | null {
  return pipelinesOf(settings)[0]?.name ?? null;
}

/** Whether a stage, by its actual value, belongs to the pipeline. */
export function hasStage(settings: OrgSettings, pipeline: string, stage: string): boolean {
  const found = pipelinesOf(settings).find(({ name }) => name === pipeline);
  return found === undefined || found.stages.length === 0 || found.stages.includes(stage);
}

/** The field Pipeline with its options, or no such field where pipelines are off. */
export function shapePipelines(module: OrgModule, settings: OrgSettings, nextId: () => string): void {
  if (module.apiName !== "Deals") return;
  const names = pipelinesOf(settings).map(({ name }) => name);
  const before = module.fields.get("Pipeline");
  if (names.length === 0) return void module.fields.delete("Pipeline");
  if (before?.options.map(({ actual }) => actual).join("\n") === names.join("\n")) return;
  const seed = { apiName: "Pipeline", label: "Pipeline", dataType: "picklist", options: names } as const;
  const fresh = fieldFromSeed(seed, nextId);
  module.fields.set("Pipeline", { ...fresh, id: before?.id ?? fresh.id });
}
