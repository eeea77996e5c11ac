import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { type Made, parameters, type SdkAnswer, type SdkOperation } from "./operation.ts";

export function customFields(made: Made): SdkOperation[] {
  const fields = () => new sdk.Fields.FieldsOperations();
  const inDeals = (parameter: object) => parameters([[parameter, "Deals"]]);
  const request = (change: (field: ReturnType<typeof Object>) => void) => {
    const field = new sdk.Fields.Fields();
    change(field);
    const wrapper = new sdk.Fields.BodyWrapper();
    wrapper.setFields([field]);
    return wrapper;
  };
  const pick = (value: string) => {
    const each = new sdk.Fields.PickListValue();
    each.setDisplayValue(value);
    each.setActualValue(value);
    return each;
  };
  const wrote = { status: 200, becomes: "ActionWrapper" };
  return [
    {
      name: "create a field",
      method: "FieldsOperations.createField",
      status: 201,
      becomes: "ActionWrapper",
      run: async () => {
        const answer: SdkAnswer = await fields().createField(
          request((field) => {
            field.setFieldLabel("Install Slot");
            field.setDataType("picklist");
            field.setPickListValues([pick("Morning"), pick("Afternoon")]);
          }),
          await inDeals(sdk.Fields.CreateFieldParam.MODULE),
        );
        made.field = BigInt(String(answer.getObject()?.getFields?.()[0]?.getDetails().get("id") ?? 0));
        return answer;
      },
    },
    {
      name: "read the created field",
      method: "FieldsOperations.getField",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () => await fields().getField(made.field, await inDeals(sdk.Fields.GetFieldParam.MODULE)),
    },
    {
      name: "relabel the created field",
      method: "FieldsOperations.updateField",
      ...wrote,
      run: async () =>
        await fields().updateField(
          made.field,
          request((field) => field.setFieldLabel("Installation Slot")),
          await inDeals(sdk.Fields.UpdateFieldParam.MODULE),
        ),
    },
    {
      name: "create a field twice",
      method: "FieldsOperations.createField",
      status: 400,
      becomes: "ActionWrapper",
      run: async () =>
        await fields().createField(
          request((field) => {
            field.setFieldLabel("Installation Slot");
            field.setDataType("text");
          }),
          await inDeals(sdk.Fields.CreateFieldParam.MODULE),
        ),
    },
    {
      name: "delete the created field",
      method: "FieldsOperations.deleteField",
      ...wrote,
      run: async () =>
        await fields().deleteField(made.field, await inDeals(sdk.Fields.DeleteFieldParam.MODULE)),
    },
  ];
}
