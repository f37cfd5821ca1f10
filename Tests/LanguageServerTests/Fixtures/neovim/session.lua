-- Drives pare lsp from Neovim as a person would, and prints what the test compares.
-- Environment: PARE, the executable; RECIPE, the file to open; MODEL, a checkpoint's folder.

local patience = 30000 -- milliseconds

local function say(name, value)
  io.stdout:write(name, ": ", type(value) == "string" and value or vim.inspect(value), "\n")
end

local function leave(reason)
  say("FAILED", reason)
  vim.cmd("cquit 1")
end

local function await(what, is_ready)
  if not vim.wait(patience, is_ready, 20) then leave("waited in vain for " .. what) end
end

local function session()
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.RECIPE))
  local buffer = vim.api.nvim_get_current_buf()
  local ended
  local client_id = vim.lsp.start_client({
    name = "pare",
    cmd = { vim.env.PARE, "lsp", "--stdio" },
    root_dir = vim.fn.fnamemodify(vim.env.RECIPE, ":h"),
    init_options = { model = vim.env.MODEL },
    on_exit = function(code) ended = code end,
  })
  if not client_id then leave("the server does not start") end
  vim.lsp.buf_attach_client(buffer, client_id)

  local function codes()
    local list = {}
    for _, diagnostic in ipairs(vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR })) do
      list[#list + 1] = ("%d:%d %s"):format(diagnostic.lnum, diagnostic.col, diagnostic.code or
        diagnostic.user_data.lsp.code)
    end
    table.sort(list)
    return table.concat(list, ", ")
  end

  local function await_codes(expected)
    local is_so = vim.wait(patience, function() return codes() == expected end, 20)
    if not is_so then leave(("the errors are %q and not %q"):format(codes(), expected)) end
    say("errors", expected)
  end

  local function request(method, extra)
    local parameters = vim.lsp.util.make_position_params(0, "utf-16")
    for key, value in pairs(extra or {}) do parameters[key] = value end
    local answers, fault = vim.lsp.buf_request_sync(buffer, "textDocument/" .. method, parameters, patience)
    local answer = answers and answers[client_id]
    if not answer then leave(method .. " has no answer: " .. tostring(fault)) end
    if answer.err then leave(method .. ": " .. vim.inspect(answer.err)) end
    return answer.result
  end

  local function lines() return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n") end

  -- What is wrong when the file is opened.
  await_codes("5:6 unknown-field")

  -- The repair that is offered there.
  local place = { line = 5, character = 6 }
  local actions = request("codeAction", { range = { start = place, ["end"] = place }, context = { diagnostics = {} } })
  say("action", actions[1].title)
  vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
  say("line", vim.api.nvim_buf_get_lines(buffer, 5, 6, false)[1])
  await_codes("")

  -- A new line is typed behind an emoji, half a word at first.
  vim.api.nvim_buf_set_lines(buffer, 6, 6, false, { "      damp" })
  vim.api.nvim_buf_set_text(buffer, 0, 2, 0, 2, { "🙂 " })
  vim.api.nvim_win_set_cursor(0, { 7, 10 })
  local offers = request("completion")
  for _, item in ipairs(offers.items or offers) do
    if item.label == "dampening_frac" then
      say("offer", item.label)
      vim.lsp.util.apply_text_edits({ item.textEdit }, buffer, "utf-16")
    end
  end
  say("line", vim.api.nvim_buf_get_lines(buffer, 6, 7, false)[1])
  vim.api.nvim_buf_set_text(buffer, 6, 22, 6, 22, { "2" })
  await_codes("6:22 out-of-range")
  vim.api.nvim_buf_set_text(buffer, 6, 22, 6, 23, { "0.02" })
  await_codes("")

  -- What the word under the cursor means, and where its modules are.
  vim.api.nvim_win_set_cursor(0, { 7, 10 })
  say("hover", vim.split(request("hover").contents.value, "\n")[3])
  vim.api.nvim_win_set_cursor(0, { 8, 20 })
  local locations = request("definition")
  say("modules", #locations)
  vim.lsp.util.jump_to_location(locations[1], "utf-16")
  say("listing", vim.api.nvim_get_current_line())
  vim.api.nvim_set_current_buf(buffer)

  -- The outline, and the canonical layout.
  say("symbols", request("documentSymbol")[1].children[1].children[1].name)
  vim.lsp.util.apply_text_edits(
    request("formatting", { options = { tabSize = 2, insertSpaces = true } }), buffer, "utf-16"
  )
  say("text", "\n" .. lines())

  vim.lsp.stop_client(client_id)
  await("the end of the server", function() return ended ~= nil end)
  say("status", ended)
  vim.cmd("qall!")
end

local is_done, fault = xpcall(session, debug.traceback)
if not is_done then leave(fault) end
