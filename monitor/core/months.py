"""The names of the months in some sixty languages, as `core.dates` compares them: lower case, without accents.

In Croatian `listopad` is October and `lipanj` June; a name that two languages use differently is taken as in the one
with more feeds.
"""

_NAMES = (
    "ean eanair ene enero gen gener gennaio ian ianuarie ion ionawr jaan jaanuar jan janar janeiro jannar "
    "janner januar januara januari januarie january janv janvaris janvier led leden ledna oca ocak sausio "
    "sausis sij sijecanj sijecnja sty styczen stycznia tammi tammikuu tammikuuta urt urtarrila xan xaneiro yan "
    "yanvar ιαν ιανουαριου сту студзень студзеня січ січень січня янв январь января януари јан јануар јануари "
    "қаң қаңтар հնվ հունվար հունվարի ינו ינואר جنوری كانونالثاني يناير ژانویه जन जनवरी जाने जानेवारी জানু "
    "জানুযারি જાનયુ જાનયુઆરી ஜன ஜனவரி జన జనవరి มกราคม มค იან იანვარი",
    "chw chwef chwefror feabh feabhra feb febbraio febr febreiro febrer febrero februar februara februari "
    "februarie februaris february fev fevereiro fevr fevral fevrier fra frar helmi helmikuu helmikuuta lut "
    "lutego luty ots otsaila peb pebrero shk shkurt sub subat uno unor unora vasario vasaris veebr veebruar "
    "velj veljaca veljace φεβ φεβρουαριου ақп ақпан лют лютага лютии лютого люты феб фебруар фев февр февраль "
    "февраля февруари փետրվար փետրվարի փտվ פבר פברואר شباط فبراير فروری فوریه फर फरवरी फेबरु फेबरुवारी ফেব "
    "ফেবরুযারি ફેબરુ ફેબરુઆરી பிப பிபரவரி ఫిబర ఫిబరవరి กพ กมภาพันธ์ თებ თებერვალი",
    "bre brezen brezna kovas kovo maalis maaliskuu maaliskuuta maart mac machi maerz mar marc marca march "
    "marcius marco marec maret mars marso mart marta martie marts martxoa marz marzec marzo marzu maw mawrth "
    "mrt mrz ozu ozujak ozujka μαρ μαρτιου бер березень березня мар март марта нау наурыз сак сакавік сакавіка "
    "մարտ մարտի մրտ מרץ اذار مارس مارچ मारच মারচ મારચ மார மாரச మారచి มีค มีนาคม მარ მარტი",
    "abr abril aib aibrean api apirila apr aprel april aprila aprile aprili aprilie aprilis aprill avr avril "
    "balandis balandzio dub duben dubna ebr ebrill huhti huhtikuu huhtikuuta kwi kwiecien kwietnia nis nisan "
    "pri prill tra travanj travnja απρ απριλιου апр апрель апреля април квіт квітень квітня кра красавік "
    "красавіка сәу сәуір ապր ապրիլ ապրիլի אפר אפריל ابريل اوریل اپریل نيسان अपरैल एपरि एपरिल এপরি এপরিল એપરિલ "
    "ஏப ஏபரல ఏపరి ఏపరిల เมย เมษายน აპრ აპრილი",
    "beal bealtaine geguze geguzes kve kveten kvetna mag maggio mai maiatza maig maijs maio maj maja majus may "
    "mayo mayıs mei mej mejju svi svibanj svibnja touko toukokuu toukokuuta μαι μαιου маи мам мамыр мая мај "
    "трав травень травня մայիս մայիսի մյս מאי ايار ماي مايو مه ميی मई मे মে મે மே మే พค พฤษภาคม მაი მაისი",
    "birzelio birzelis cerven cervna cvn cze czerwca czerwiec eka ekaina giu giugno gun gunju haz haziran hun "
    "hunyo iun iunie iyn iyun juin jun juna june junho juni junie junij junijs junio junius juny juuni kesa "
    "kesakuu kesakuuta lipanj lipnja meh mehefin meith meitheamh qer qershor xuno ιουν ιουνιου июн июнь июня "
    "мау маусым черв червень червня чэр чэрвень чэрвеня юни јун јуни հնս հունիս հունիսի יוני جون حزيران يونيو "
    "ژوين जून জুন જૂન ஜூன జూన มิถนายน มิย ივნ ივნისი",
    "cervence cervenec cvc gor gorff gorffennaf heina heinakuu heinakuuta hul hulyo iuil iul iulie iyl iyul "
    "juil juill juillet jul jula julai julho juli julie julij julijs julio juliol julius july juuli korr korrik "
    "liepa liepos lip lipca lipiec lug luglio lul lulju srpanj srpnja tem temmuz uzt uztaila xul xullo ιουλ "
    "ιουλιου июл июль июля лип липень липня ліп ліпень ліпеня шіл шілде юли јул јули հլս հուլիս հուլիսի יולי "
    "تموز جولايی يوليو يوليوز ژويیه जुल जुलाई जुलै জুল জুলাই જુલાઈ ஜூலை జులె กค กรกฎาคม ივლ ივლისი",
    "abu abuztua ag ago agost agosti agosto agt agu agust agustos agustus aout aug august augusta augusti "
    "augusts augustus augusztus avg avgust avq avqust awst aww awwissu elo elokuu elokuuta gush gusht kol "
    "kolovoz kolovoza lun lunasa ogo ogos rugpjucio rugpjutis sie sierpien sierpnia srp srpen srpna αυγ "
    "αυγουστου авг август августа жні жнівень жніуня серп серпень серпня там тамыз օգոստոս օգոստոսի օգս אוג "
    "אוגוסט اب اغسطس اوت اگست غشت अग अगसत ऑग ऑगसट আগ আগসট ઑગસટ ஆக ஆகஸட ఆగ ఆగసటు สค สิงหาคม აგვ აგვისტო",
    "eyl eylul ira iraila meanfomhair medi mfomh rugsejis rugsejo ruj rujan rujna sen sentabr sentyabr sep sept "
    "septemba septembar september septembra septembre septembrie septembris septiembre set setembre setembro "
    "settembre settembru setyembre sht shtator syys syyskuu syyskuuta szept szeptember wrz wrzesien wrzesnia "
    "zar zari σεπ σεπτεμβριου вер верасень верасня вересень вересня сен сент сентябрь сентября сеп септембар "
    "септември қыр қыркүиек սեպ սեպտեմբեր սեպտեմբերի ספט ספטמבר ايلول سبتمبر ستمبر سپتامبر شتنبر सपटें सपटेंबर "
    "सित सितंबर সেপ সেপট সেপটেমবর સપટે સપટેમબર செப செபடமபர సెపటెం సెపటెంబర กย กันยายน სექ სექტემბერი",
    "deireadhfomhair dfomh eki ekim hyd hydref loka lokakuu lokakuuta oct october octobre octombrie octubre okt "
    "oktabr oktoba oktobar oktober oktobra oktobris oktoober oktubre oktyabr ott ottobre ottubru out outubro "
    "paz pazdziernik pazdziernika rij rijen rijna spalio spalis tet tetor urr urria οκτ οκτωβριου жовт жовтень "
    "жовтня кас кастрычнік кастрычніка окт октобар октомври октябрь октября қаз қазан հոկ հոկտեմբեր հոկտեմբերի "
    "אוק אוקטובר اكتوبر اکتبر اکتوبر تشرينالاول अकटू अकटूबर ऑकटो ऑकटोबर অকটো অকটোবর ઑકટો ઑકટોબર அக அகடோபர "
    "అకటో అకటోబర ตค ตลาคม ოქტ ოქტომბერი",
    "aza azaroa kas kasım lapkricio lapkritis lis listopad listopada listopadu marras marraskuu marraskuuta nen "
    "nentor nob nobyembre noiembrie nov novemba novembar november novembra novembre novembris novembro novembru "
    "noviembre noy noyabr samh samhain stu studeni studenoga tach tachwedd νοε νοεμβριου лист листопад "
    "листопада ліс лістапад лістапада нов новембар ное ноември ноя нояб ноябрь ноября қар қараша նոյ նոյեմբեր "
    "նոյեմբերի נוב נובמבר تشرينالثاني نوامبر نوفمبر نومبر نونبر नव नवंबर नोवहें नोवहेंबर নভে নভেমবর નવે નવેમબર "
    "நவ நவமபர నవం నవంబర พย พฤศจิกายน ნოე ნოემბერი",
    "abe abendua ara aralık dec decembar december decembra decembre decembrie decembris decembro dek dekabr des "
    "desemba desember desembre dets detsember dez dezember dezembro dhj dhjetor dic dicembre dicembru diciembre "
    "dis disember disyembre gru grudnia grudzien gruodis gruodzio joulu joulukuu joulukuuta noll nollaig pro "
    "prosinac prosinca prosince prosinec rhag rhagfyr δεκ δεκεμβριου груд грудень грудня дек декабрь декабря "
    "декември дец децембар жел желтоқсан сне снежань снежня դեկ դեկտեմբեր դեկտեմբերի דצמ דצמבר دجنبر دسامبر "
    "دسمبر ديسمبر كانونالاول डिसें डिसेंबर दिस दिसंबर ডিসে ডিসেমবর ડિસે ડિસેમબર டிச டிசமபர డిసెం డిసెంబర ธค "
    "ธันวาคม დეკ დეკემბერი",
)

MONTHS = {name: month for month, names in enumerate(_NAMES, 1) for name in names.split()}
