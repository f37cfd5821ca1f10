/// What the page can do beyond showing: sort and filter the table, and tell the values of marks to pointers and keys.
enum Script {
  /// JavaScript without `<` and `&`, so that it may stand in HTML and in XML.
  static let text = """
    "use strict";
    (function () {
      var table = document.getElementById("layer-table");
      if (table) { sorting(table); filtering(table); }
      document.querySelectorAll(".panel").forEach(reading);

      function key(row, column) {
        var text = row.cells[column].textContent.replace("\u{2212}", "-");
        if (text === "\u{221e}") { return Infinity; }
        var number = parseFloat(text);
        return row.cells[column].classList.contains("n") ? (isNaN(number) ? -Infinity : number) : text;
      }

      function sorting(table) {
        var body = table.tBodies[0];
        Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
          var button = document.createElement("button");
          button.type = "button";
          button.title = "sort";
          while (head.firstChild) { button.appendChild(head.firstChild); }
          head.appendChild(button);
          button.addEventListener("click", function () {
            var order = head.getAttribute("aria-sort");
            var first = head.classList.contains("n") ? (column === 0 ? "ascending" : "descending") : "ascending";
            order = order ? (order === "ascending" ? "descending" : "ascending") : first;
            Array.from(table.tHead.rows[0].cells).forEach(function (other) { other.removeAttribute("aria-sort"); });
            head.setAttribute("aria-sort", order);
            var sign = order === "ascending" ? 1 : -1;
            var rows = Array.from(body.rows).map(function (row) { return {row: row, key: key(row, column)}; });
            rows.sort(function (a, b) {
              if (typeof a.key === "string") { return sign * a.key.localeCompare(b.key, "en", {numeric: true}); }
              return a.key === b.key ? 0 : (a.key > b.key ? sign : -sign);
            });
            rows.forEach(function (entry) { body.appendChild(entry.row); });
          });
        });
      }

      function filtering(table) {
        var rows = Array.from(table.tBodies[0].rows);
        if (10 > rows.length) { return; }
        var label = document.createElement("label"), input = document.createElement("input");
        var count = document.createElement("span"), line = document.createElement("div");
        line.className = "filter";
        input.type = "search";
        count.setAttribute("role", "status");
        count.textContent = "Select a heading to sort.";
        label.append("Layers whose name has ", input);
        line.append(label, count);
        table.parentNode.before(line);
        input.addEventListener("input", function () {
          var shown = 0;
          rows.forEach(function (row) {
            row.hidden = !row.cells[1].textContent.toLowerCase().includes(input.value.toLowerCase());
            if (!row.hidden) { shown += 1; }
          });
          count.textContent = input.value ? shown + " of " + rows.length : "Select a heading to sort.";
        });
      }

      function reading(panel) {
        var chart = panel.querySelector("svg"), readout = panel.querySelector(".readout");
        var marks = Array.from(chart.querySelectorAll("circle")), still = readout.textContent, current = -1;
        if (marks.length === 0) { return; }
        var places = marks.map(function (mark) { return [mark.cx.baseVal.value, mark.cy.baseVal.value]; });
        var texts = marks.map(function (mark) {
          var title = mark.querySelector("title"), text = title.textContent;
          title.remove();
          return text;
        });
        chart.tabIndex = 0;
        chart.addEventListener("pointermove", function (event) {
          var at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
          var nearest = 0, least = Infinity;
          places.forEach(function (place, index) {
            var distance = Math.hypot(place[0] - at.x, (place[1] - at.y) / 4);
            if (least > distance) { least = distance; nearest = index; }
          });
          show(nearest);
        });
        chart.addEventListener("pointerleave", function () { show(-1); });
        chart.addEventListener("blur", function () { show(-1); });
        chart.addEventListener("focus", function () { if (chart.matches(":focus-visible")) { show(0); } });
        chart.addEventListener("keydown", function (event) {
          var last = marks.length - 1, next = {
            ArrowRight: Math.min(current + 1, last), ArrowLeft: Math.max(current - 1, 0), Home: 0, End: last, Escape: -1
          }[event.key];
          if (next === undefined) { return; }
          event.preventDefault();
          show(next);
        });

        function show(index) {
          if (index === current) { return; }
          if (current >= 0) { marks[current].classList.remove("on"); }
          current = index;
          if (index >= 0) { marks[index].classList.add("on"); }
          readout.textContent = index >= 0 ? texts[index] : still;
          readout.classList.toggle("live", index >= 0);
          readout.setAttribute("aria-live", "polite");
        }
      }

      window.addEventListener("beforeprint", function () {
        document.querySelectorAll("details").forEach(function (details) { details.open = true; });
      });
    }());
    """
}
