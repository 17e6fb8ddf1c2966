-- Labels and the memo of a post: for people, not for the screens. The newest word stands.
--
-- KEYS 15 label queue
-- ARGV 7 'labels' | 'memo' · 8 labels, space separated, or the memo's JSON; '' takes it away
-- Returns {OK | SAME | GONE | NOPOST, state, rev, mrev, by, seq}

local what, value = ARGV[7], ARGV[8]
local state = get('state')

if state == '' then return answer('NOPOST') end
if state == 'withdrawn' then return answer('GONE') end
if get(what) == value then return answer('SAME') end

local why = what
if what == 'labels' then
  queue_labels(KEYS[15], get('labels'), value)
  why = 'labels ' .. value
end
if value == '' then redis.call('HDEL', K.post, what) else set(what, value) end
ring('', audit(state, state, why, '', ''))
return answer('OK')
