// Keys of every page: / goes to the search. Single keys can be switched off (kept in this browser only).
"use strict";

const desk = {
  keysAreOn() {
    return localStorage.getItem("desk-keys") !== "off";
  },
  isTyping(target) {
    return target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
  },
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !desk.keysAreOn() || desk.isTyping(event.target)) {
    return;
  }
  const search = document.getElementById("searchbar") || document.getElementById("desk-search");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});
