-- What a screen has shown, counted once however often it is told: a spool numbers its plays and tells them in this
-- order, so whatever is not beyond the last number is a repeat.
--
-- KEYS 1 spools · 2 screens · 3 scenes · 4 log · then three a post: the post, its plays, its newest plays
-- ARGV 1 spool · 2 screen · 3 now (ms) · 4 how many the spool has dropped, ever · 5 channel that is told the posts
--      then eight a play: n · kind ('post' | 'scene' | 'bad') · id · at (ms) · ms · scene · day
--      · which of the posts in KEYS it is, from 0; -1 for none
-- A time that cannot be true (a clock has jumped) is doubtful: kept as evidence, and counted apart.
-- Returns {stored, repeated, doubtful, unknown, away, bad}: `unknown` no such post, `away` it was not on the wall then

local LONGEST, DAY, SLACK = 120000, 86400000, 60000 -- clocks of several machines differ a little
local NEWEST, LOG = 50, 200000
local FIRST_KEY, FIRST_ARG, WIDTH = 5, 6, 8
local spools, screens, scenes, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local spool, screen, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local count = { stored = 0, repeated = 0, doubtful = 0, unknown = 0, away = 0, bad = 0 }

local function tell(what, by)
  redis.call('HINCRBY', screens, screen .. ' ' .. what, by)
end

-- Whether a post stood on the wall then: 'unknown', 'away', or nil for yes.
local function absence(post, at)
  local state, stood = unpack(redis.call('HMGET', post, 'state', 'stood'))
  if not state then return 'unknown' end
  if not stood then return state ~= 'approved' and 'away' or nil end -- from before there were times
  if not at then return nil end -- it stood there some time
  for from, to in string.gmatch(stood, '(%d+)-(%d*)') do
    if at >= tonumber(from) - SLACK and (to == '' or at <= tonumber(to) + SLACK) then return nil end
  end
  return 'away'
end

-- "first" and "last" are the earliest start and the latest.
local function stretch(plays, at)
  local first, last = unpack(redis.call('HMGET', plays, 'first', 'last'))
  if not first or tonumber(at) < tonumber(first) then redis.call('HSET', plays, 'first', at) end
  if not last or tonumber(at) > tonumber(last) then redis.call('HSET', plays, 'last', at) end
end

local function keep_post(n, at, ms, nth, is_doubtful)
  local plays, newest = KEYS[FIRST_KEY + 3 * nth + 1], KEYS[FIRST_KEY + 3 * nth + 2]
  if is_doubtful then
    redis.call('HINCRBY', plays, 'doubt_ms', ms)
    redis.call('HINCRBY', plays, 'doubt_n', 1)
    return
  end
  for _, field in ipairs({ 'ms', 'ms ' .. screen }) do redis.call('HINCRBY', plays, field, ms) end
  for _, field in ipairs({ 'n', 'n ' .. screen }) do redis.call('HINCRBY', plays, field, 1) end
  stretch(plays, at)
  redis.call('ZADD', newest, at, spool .. ' ' .. n .. ' ' .. screen .. ' ' .. ms)
  redis.call('ZREMRANGEBYRANK', newest, 0, -NEWEST - 1)
end

local dropped = tonumber(ARGV[4]) - tonumber(redis.call('HGET', spools, spool .. ' lost') or '0')
if dropped > 0 then
  redis.call('HSET', spools, spool .. ' lost', ARGV[4])
  tell('lost', dropped)
end

local last = tonumber(redis.call('HGET', spools, spool) or '0')
local told, said = {}, {}
for arg = FIRST_ARG, #ARGV, WIDTH do
  local n, kind, id, at, ms, scene, day, nth = unpack(ARGV, arg, arg + WIDTH - 1)
  if tonumber(n) <= last then
    count.repeated = count.repeated + 1
  else
    last = tonumber(n)
    local is_doubtful = tonumber(at) < now - DAY or tonumber(at) > now + SLACK
    local why = (kind == 'bad' or tonumber(ms) > LONGEST) and 'bad' or nil
    if not why and kind == 'post' then
      why = absence(KEYS[FIRST_KEY + 3 * tonumber(nth)], not is_doubtful and tonumber(at))
    end
    if why then
      count[why] = count[why] + 1
      tell(why, 1)
    else
      count.stored = count.stored + 1
      if is_doubtful then
        count.doubtful = count.doubtful + 1
        tell('doubtful', 1)
      else
        tell(kind, 1)
      end
      if kind == 'post' then
        keep_post(n, at, ms, tonumber(nth), is_doubtful)
        if not is_doubtful then tell('ms', ms) end
        if not said[id] then
          said[id] = true
          told[#told + 1] = id
        end
      elseif not is_doubtful then
        redis.call('HINCRBY', scenes, day .. ' ' .. screen .. ' ' .. id .. ' ms', ms)
        redis.call('HINCRBY', scenes, day .. ' ' .. screen .. ' ' .. id .. ' n', 1)
      end
      redis.call('XADD', log, 'MAXLEN', '~', LOG, '*', 'spool', spool, 'n', n, 'kind', kind, 'id', id, 'screen', screen,
                 'at', at, 'ms', ms, 'scene', scene, 'doubt', is_doubtful and '1' or '0')
    end
  end
end
redis.call('HSET', spools, spool, last)
if #told > 0 then redis.call('PUBLISH', ARGV[5], table.concat(told, ' ')) end
return { count.stored, count.repeated, count.doubtful, count.unknown, count.away, count.bad }
