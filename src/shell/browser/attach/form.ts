// Adds fields to forms that have the attribute `data-capi`.

import type { AddFields } from "./fields.ts";
import { attempt } from "./hook.ts";
import { site } from "../site.ts";
import { resolve } from "./targets.ts";

/**
 * Adds the fields to the data of a form, whenever the browser collects them.
 *
 * The form gets no new elements. So the fields are there for every way to submit and for `new FormData(form)`, and a
 * page that is restored or reset has no fields of an earlier visit.
 */
export function attachToForms(addFields: AddFields): void {
  addEventListener("formdata", ({ target, formData }) =>
    attempt(() => {
      const form = target as HTMLFormElement;
      if (!form.hasAttribute("data-capi")) return;
      // Read the attribute: a field named "action" hides the property. The event does not name the submit
      // button.
      const others = Array.from(form.elements, (element) => element.getAttribute("formaction"));
      const urls = [form.getAttribute("action") || site().location.href, ...others.filter(Boolean)];
      addFields(formData, ...urls.map(resolve));
    }),
  );
}
