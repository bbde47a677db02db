"use strict";
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = document.querySelector("select[data-guess]");
  if (zone && field) {
    if (![...field.options].some((each) => each.value === zone)) field.add(new Option(zone, zone), 0);
    field.value = zone;
    document.getElementById("guessed").hidden = false;
  }
}
