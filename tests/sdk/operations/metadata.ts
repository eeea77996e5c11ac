import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { type Made, parameters, type SdkAnswer, type SdkOperation } from "./operation.ts";

export function metadata(module: string, made: Made): SdkOperation[] {
  const fields = () => new sdk.Fields.FieldsOperations();
  return [
    {
      name: `fields of ${module}`,
      method: "FieldsOperations.getFields",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () => {
        const answer: SdkAnswer = await fields().getFields(
          await parameters([[sdk.Fields.GetFieldsParam.MODULE, module]]),
        );
        made.field = answer.getObject()?.getFields?.()[0]?.getId() ?? 0n;
        return answer;
      },
    },
    {
      name: `one field of ${module}`,
      method: "FieldsOperations.getField",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () =>
        await fields().getField(
          made.field,
          await parameters([[sdk.Fields.GetFieldParam.MODULE, module]]),
        ),
    },
    {
      name: `module ${module}`,
      method: "ModulesOperations.getModuleByAPIName",
      status: 200,
      becomes: "ResponseWrapper",
      run: () => new sdk.Modules.ModulesOperations().getModuleByAPIName(module),
    },
    {
      name: `layouts of ${module}`,
      method: "LayoutsOperations.getLayouts",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () => {
        const answer: SdkAnswer = await new sdk.Layouts.LayoutsOperations().getLayouts(
          await parameters([[sdk.Layouts.GetLayoutsParam.MODULE, module]]),
        );
        if (module === "Deals") made.of.layout = [answer.getObject()?.getLayouts?.()[0]?.getId() ?? 0n];
        return answer;
      },
    },
    ...(module === "Deals"
      ? [{
        name: "pipelines of Deals",
        method: "PipelineOperations.getPipelines",
        status: 200,
        becomes: "ResponseWrapper",
        run: () => new sdk.Pipeline.PipelineOperations(made.of.layout?.[0] ?? 0n).getPipelines(),
      }]
      : []),
  ];
}
