/// The page's style.
enum StyleSheet {
  /// CSS without `<` and `&`, so that it may stand in HTML and in XML.
  static let text = """
    :root{color-scheme:light dark;\(Palette.properties(\.light))}
    @media (prefers-color-scheme:dark){:root{\(Palette.properties(\.dark))}}
    @media print{:root{color-scheme:light;\(Palette.properties(\.light))}}
    \(layout)
    \(tables)
    \(drawings)
    \(print)
    """

  private static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--surface);color:var(--text);
      font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    main{max-width:78rem;margin:0 auto;padding:2.5rem clamp(1rem,4vw,3rem) 4rem}
    h1,h2{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
    h1{font-size:clamp(1.6rem,1.2rem + 1.6vw,2.4rem);letter-spacing:-.015em;margin:.15em 0 0}
    h2{font-size:1.15rem;margin:0 0 .5rem}
    section,header{margin:0 0 3rem}
    small{font-size:.82em;font-weight:400;color:var(--muted)}
    a{color:var(--accent);text-underline-offset:.15em}
    :focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
    .kicker,.model,.note{color:var(--muted);margin:0}
    .kicker{font-size:.875rem}
    .model{overflow-wrap:anywhere}
    .note{max-width:46rem;font-size:.9rem;margin-bottom:1rem}
    .verdict{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.5rem 2rem;
      margin:2rem 0 0;padding:1.25rem 0;border:solid var(--rule);border-width:1px 0}
    .verdict dt,.verdict .more{font-size:.82rem;color:var(--muted)}
    .verdict dd{margin:0;font-size:1.5rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
    .verdict .more{font-weight:400;line-height:1.4;overflow-wrap:anywhere}
    .verdict .first dd:first-of-type{color:var(--accent)}
    .warnings{border-left:4px solid var(--warning);padding:.1rem 0 .1rem 1rem}
    .warnings h2{font-size:1rem;color:var(--warning);margin:0}
    .warnings ul{margin:.25rem 0 0;padding-left:1.1rem;overflow-wrap:anywhere}
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));column-gap:3.5rem}
    .pair section{min-width:0}
    .facts{margin:0;font-size:.9rem;border-top:1px solid var(--rule)}
    .facts div{display:flex;justify-content:space-between;gap:1rem;padding:.32rem 0;
      border-bottom:1px solid var(--rule)}
    .facts dt{color:var(--muted)}
    .facts dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    details{margin-top:1.5rem}
    summary{cursor:pointer;font-weight:600}
    pre{margin:.75rem 0 0;padding:1rem;background:var(--wash);overflow-x:auto;font-size:.85rem;line-height:1.45;tab-size:2}
    footer{color:var(--muted);font-size:.82rem}
    """

  private static let tables = """
    .scroll{overflow-x:auto}
    .tall{max-height:min(44rem,85vh);overflow:auto;border-block:1px solid var(--rule)}
    table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
    th{text-align:left;font-weight:400}
    thead th,thead td{color:var(--muted);font-size:.82rem;vertical-align:bottom;white-space:nowrap}
    th,td{padding:.32rem 0 .32rem 1rem;border-bottom:1px solid var(--rule)}
    th:first-child,td:first-child{padding-left:0}
    tfoot th,tfoot td,.total th,.total td{font-weight:600}
    tfoot th,tfoot td{border-bottom:0}
    .n{text-align:right;white-space:nowrap}
    .bars th:first-child{width:100%}
    .bar{display:flex;flex-wrap:wrap;align-items:center;gap:.1rem 1rem}
    .bar span{flex:0 1 9.5rem;min-width:0;overflow-wrap:anywhere;line-height:1.25}
    .bar small{white-space:nowrap}
    .bar svg{flex:1 1 8rem;min-width:0;width:100%;height:1.15rem}
    .layers{font-size:.85rem}
    .layers th,.layers td{padding-left:.9rem;white-space:nowrap}
    .layers th:first-child,.layers td:first-child{padding-left:0}
    .layers th.long{white-space:normal;overflow-wrap:anywhere;min-width:24rem}
    .layers thead th{position:sticky;top:0;background:var(--surface);z-index:1;box-shadow:inset 0 -1px var(--rule);
      padding-top:.6rem}
    .layers td:first-child{color:var(--muted)}
    .layers td:last-child,.layers thead th:last-child{padding-right:.35rem}
    .layers tr:target{background:var(--wash);scroll-margin-top:4rem}
    .layers tbody tr:hover{background:var(--wash)}
    .e{background:linear-gradient(to left,var(--block-pale) calc(var(--v)*1%),transparent 0) no-repeat
      100% 100%/100% 3px content-box content-box}
    .layers td.e{padding-bottom:.25rem}
    th button{all:unset;cursor:pointer;color:inherit}
    th button:hover{color:var(--text);text-decoration:underline}
    th button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    th[aria-sort] button{color:var(--text);font-weight:600}
    th[aria-sort=ascending] button::after{content:" \\2191"}
    th[aria-sort=descending] button::after{content:" \\2193"}
    .filter{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;margin:0 0 .75rem;font-size:.9rem;
      color:var(--muted)}
    .filter input{font:inherit;color:var(--text);background:var(--surface);border:1px solid var(--axis);
      border-radius:3px;padding:.2rem .5rem;width:16rem;max-width:100%}
    """

  private static let drawings = """
    svg{display:block}
    .hidden{position:absolute}
    .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:1.5rem}
    figure{margin:0;min-width:0;display:flex;flex-direction:column;justify-content:end}
    figcaption{font-size:.875rem;margin-bottom:.35rem;line-height:1.35;font-variant-numeric:tabular-nums}
    figcaption b{display:block;font-weight:600;overflow-wrap:anywhere}
    .readout{display:block;color:var(--muted);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .readout.live{color:var(--accent)}
    .panel svg{width:100%;height:auto;max-width:30rem;overflow:visible}
    .panel text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
      fill:var(--muted);font-variant-numeric:tabular-nums}
    .panel text.strong{fill:var(--text);font-weight:600;paint-order:stroke;stroke:var(--surface);stroke-width:3px}
    .grid,.axis,.own,.context,.range,.worst,.spike,.ticks{fill:none}
    .grid{stroke:var(--rule)}
    .axis{stroke:var(--axis)}
    .context{stroke:var(--rest-pale);stroke-width:1}
    .own{stroke:var(--block);stroke-width:1.5;stroke-linejoin:round}
    .range{stroke:var(--block-pale);stroke-width:3}
    .depth circle{fill:var(--block);stroke:transparent;stroke-width:9px}
    .worst{stroke:var(--text);stroke-width:1.5;pointer-events:none}
    .depth circle:hover,.depth circle.on{stroke:var(--block);stroke-width:3px}
    .area{fill:var(--rest-pale)}
    .spike{stroke:var(--block);stroke-width:1.5}
    .fine{stroke-width:.6}
    .histogram circle{fill:var(--block);stroke:transparent;stroke-width:9px}
    .histogram circle:hover,.histogram circle.on{stroke:var(--block);stroke-width:3px}
    .ticks{stroke:var(--text);stroke-width:.8}
    .after.block{fill:var(--block)}.before.block{fill:var(--block-pale)}
    .after.outside{fill:var(--outside)}.before.outside{fill:var(--outside-pale)}
    .after.rest{fill:var(--rest)}.before.rest{fill:var(--rest-pale)}
    .key::before{content:"";display:inline-block;width:.7em;height:.7em;margin-right:.4em;background:var(--block)}
    .key.before::before{background:var(--block-pale)}
    .key.before{margin-right:.75em}
    .key.area::before{background:var(--rest-pale)}
    .key.spike::before{width:2px;height:.9em;margin-left:.1em;vertical-align:-.1em}
    """

  private static let print = """
    @media print{
      body{font-size:10pt}
      main{max-width:none;padding:0}
      .scroll,.tall{overflow:visible;max-height:none}
      .layers thead th{position:static}
      .layers th.long{min-width:0}
      .filter,th button::after{display:none}
      pre{white-space:pre-wrap;overflow-wrap:anywhere}
      figure,tr,.warnings,.verdict{break-inside:avoid}
      h2{break-after:avoid}
      details::details-content{content-visibility:visible;block-size:auto}
      .after,.before,.key::before,.e{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    }
    """
}
