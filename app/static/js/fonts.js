// The page is read in the system's font first; Be Vietnam Pro follows when everything else has arrived,
// all four files at once so that no word ever mixes two fonts. Not on a connection that saves data.
addEventListener("load", () => {
  if (!document.fonts || (navigator.connection && navigator.connection.saveData)) return;
  Promise.all(["400", "700"].map((weight) => document.fonts.load(weight + ' 1em "Be Vietnam Pro"', "aạ")))
    .then((loaded) => {
      if (loaded.every((faces) => faces.length)) document.documentElement.classList.add("fonts");
    })
    .catch(() => {});
});
