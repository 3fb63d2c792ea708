// Stands where the sending script stands on a citizen's page: nothing leaves, nothing is kept.
"use strict";
window.hailong = {
  send(action, answers, outcome) {
    outcome({ state: "refused", sentence: document.getElementById("preview").dataset.nothing });
  },
  flush() {},
};
