-- Writes one person's record if it still is the one that was seen, and never takes the last admin away.
--
-- KEYS 1 users
-- ARGV 1 id · 2 the record that was seen, '' for none · 3 the new record, '' to remove it
-- Only an admin with a password counts: an invitation nobody has accepted opens no door.
-- Returns OK | STALE | LAST

local id, seen, new = ARGV[1], ARGV[2], ARGV[3]
if (redis.call('HGET', KEYS[1], id) or '') ~= seen then return 'STALE' end

local function is_admin(raw)
  if raw == '' then return false end
  local user = cjson.decode(raw)
  return user.role == 'admin' and user.hash ~= ''
end

if is_admin(seen) and not is_admin(new) then
  local others = 0
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if all[i] ~= id and is_admin(all[i + 1]) then others = others + 1 end
  end
  if others == 0 then return 'LAST' end
end
if new == '' then redis.call('HDEL', KEYS[1], id) else redis.call('HSET', KEYS[1], id, new) end
return 'OK'
